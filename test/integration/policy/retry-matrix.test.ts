// What happens to each kind of request after each kind of fault, with retries on and off: the table that
// docs/resilience.md states, held row by row. Endpoint a has the fault and is always picked first; b is sound.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

const FAULTS = {
  refused: undefined,
  'reset before the response': (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
  '503': answering('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy'),
  '503 with Retry-After': answering(
    'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy',
  ),
  'no response': () => {},
  'reset within the response': (socket: Socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      setTimeout(() => socket.resetAndDestroy(), 50);
    }),
  'body cut': (socket: Socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
} as const;

type Fault = keyof typeof FAULTS;

const REQUESTS = {
  GET: 'GET /payments HTTP/1.1\r\nHost: a\r\n\r\n',
  POST: 'POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
  'POST with Idempotency-Key':
    'POST /payments HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k1\r\nContent-Length: 2\r\n\r\nhi',
} as const;

type Request = keyof typeof REQUESTS;

interface Row {
  readonly fault: Fault;
  readonly requests: readonly Request[];
  readonly retries: 'on' | 'off';
  /** The endpoints tried, in order. */
  readonly tried: string;
  readonly answer: string;
}

function answering(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', () => socket.write(text));
  };
}

/** The rows of the table in the documentation. */
function documentedRows(): Row[] {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/resilience.md'), 'utf8');
  const table = text.split('<!-- retry matrix -->')[1] ?? '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| fault'))
    .map((line) => {
      const [fault, requests, retries, tried, answer] = line
        .split('|')
        .slice(1)
        .map((cell) => cell.trim());
      return { fault, requests: requests?.split(', '), retries, tried, answer } as Row;
    });
}

const rows = documentedRows();

test('the documented table has a row for every request, fault and setting', () => {
  const covered = rows.flatMap(({ fault, requests, retries }) =>
    requests.map((it) => `${fault} ${it} ${retries}`),
  );
  const all = Object.keys(FAULTS).flatMap((fault) =>
    Object.keys(REQUESTS).flatMap((request) =>
      ['on', 'off'].map((retries) => `${fault} ${request} ${retries}`),
    ),
  );
  assert.deepEqual(covered.toSorted(), all.toSorted());
});

for (const { fault, requests, retries, tried, answer } of rows) {
  for (const request of requests) {
    test(`${fault}, ${request}, retries ${retries}: ${tried}, ${answer}`, async (t) => {
      const behave = FAULTS[fault];
      const faulty = behave === undefined ? await unusedPort() : (await startTcpUpstream(t, behave)).port;
      const sound = await startUpstream(t, (incoming, response) => {
        incoming.resume();
        response.end('sound');
      });
      const proxy = await startProxy(t, {
        services: {
          payments: [
            { id: 'a', port: faulty },
            { id: 'b', port: sound.port },
          ],
        },
        // The lowest draw is the first candidate, which is a, and the shortest wait.
        random: () => 0,
        policy: (policy) => ({
          ...policy,
          loadBalancer: { ...policy.loadBalancer, policy: 'random' },
          timeout: { ...policy.timeout, perTry: 150 },
          retry: retries === 'on' ? policy.retry : { ...policy.retry, attempts: 0, on: new Set() },
        }),
      });
      const client = new RawClient(t, proxy.port);
      client.send(REQUESTS[request]);
      const [facts] = await proxy.untilFinished(1);
      assert.equal(facts?.attempts.map(({ endpointId }) => endpointId).join(' '), tried);
      assert.equal(finalAnswer(facts?.status, facts?.reason), answer);
    });
  }
}

function finalAnswer(status: number | undefined, reason: string | undefined): string {
  return reason === undefined ? String(status) : `${status} ${reason}`;
}

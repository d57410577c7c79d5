// Connections to an endpoint, on real sockets: which are reused, which never again, and who waits for which.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Attempt, AttemptRequest, ResponseHead, TransportFailure } from '../../../src/http/attempt.ts';
import type { TransportOptions } from '../../../src/http/transport-options.ts';
import { streamedBody, wholeBody } from '../../support/bodies.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testTarget, testTransport } from '../../support/test-transport.ts';
import { startTcpUpstream, startUpstream } from '../../support/upstreams.ts';

interface Ended {
  readonly head: ResponseHead | undefined;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly failure: TransportFailure | undefined;
}

function open(port: number, options: Partial<TransportOptions> = {}) {
  const clock = new FakeClock();
  const transport = testTransport({ maxConnections: 10, maxHeaderBytes: 16_384, ...options }, clock);
  const connections = transport.connect(testTarget(port));
  const begin = (request: Partial<AttemptRequest> = {}): { attempt: Attempt; ended: Promise<Ended> } => {
    let attempt: Attempt = { cancel: () => {}, progress: undefined };
    const ended = new Promise<Ended>((resolve) => {
      let head: ResponseHead | undefined;
      let trailers: readonly string[] = [];
      const parts: Buffer[] = [];
      const finish = (failure?: TransportFailure) =>
        resolve({ head, body: Buffer.concat(parts).toString('latin1'), trailers, failure });
      attempt = connections.send(
        { method: 'GET', path: '/', fields: [], body: undefined, upgrade: undefined, ...request },
        {
          sending: () => {},
          sent: () => {},
          informational: () => {},
          upgraded: () => {},
          head: (response) => {
            head = response;
            response.deliver({
              data: (chunk) => {
                parts.push(chunk);
                return true;
              },
              end: (last) => {
                trailers = last;
                finish();
              },
              broken: finish,
            });
          },
          closed: (failure) => {
            if (failure !== undefined && head === undefined) finish(failure);
          },
        },
      );
    });
    return { attempt, ended };
  };
  return { connections, clock, begin, send: (request?: Partial<AttemptRequest>) => begin(request).ended };
}

/** Answers each request of a connection with the next of these. */
async function answering(t: TestContext, ...answers: readonly string[]) {
  let next = 0;
  return startTcpUpstream(t, (socket: Socket) => {
    socket.on('data', () => socket.write(answers[next++] ?? '', 'latin1'));
  });
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** In a thread of its own, since this one is to be busy. */
const CLOSES_AFTER_ANSWERS = `
  const server = require('node:net').createServer((socket) => {
    socket.on('data', () => {
      socket.write(${JSON.stringify(OK)});
      setTimeout(() => socket.end(), 5);
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));
`;

describe('a connection', () => {
  it('carries one request after the other', async (t) => {
    const upstream = await answering(t, OK, OK, OK);
    const { send, connections } = open(upstream.port);
    for (let i = 0; i < 3; i++) assert.equal((await send()).body, 'ok');
    assert.equal(upstream.sockets.length, 1);
    assert.equal(connections.open, 1);
  });

  for (const [what, answer] of [
    ['that says it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['kept for a second only', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ]) {
    it(`${what} carries one request`, async (t) => {
      const upstream = await answering(t, answer ?? '', OK);
      const { send, connections } = open(upstream.port);
      assert.equal((await send()).body, 'ok');
      assert.equal((await send()).body, 'ok');
      assert.equal(upstream.sockets.length, 2);
      await eventually(() => assert.equal(connections.open, 1));
    });
  }

  it('that brings more than its answer is closed, and nothing of that answers another request', async (t) => {
    const upstream = await answering(t, OK + OK.replaceAll('ok', 'no'), OK);
    const { begin, connections } = open(upstream.port, { maxConnections: 1 });
    const [first, second] = [begin(), begin()];
    assert.equal((await first.ended).body, 'ok');
    assert.equal((await second.ended).body, 'ok');
    assert.equal(upstream.sockets.length, 2);
    await eventually(() => assert.equal(connections.open, 1));
  });

  it('over which something comes unasked is closed', async (t) => {
    const upstream = await answering(t, OK, OK);
    const { send, connections } = open(upstream.port);
    await send();
    upstream.sockets[0]?.write(OK);
    await eventually(() => assert.equal(connections.open, 0));
    assert.equal((await send()).body, 'ok');
  });

  it('that the endpoint closes while unused takes no request along', async (t) => {
    const upstream = await answering(t, OK, OK);
    const { send, connections, clock } = open(upstream.port);
    await send();
    clock.advance(1_000);
    upstream.sockets[0]?.end();
    await eventually(() => assert.equal(upstream.sockets[0]?.destroyed, true));
    assert.equal((await send({ method: 'POST' })).body, 'ok');
    await eventually(() => assert.equal(connections.open, 1));
  });

  it('that the endpoint closed while this process was busy takes no request along either', async (t) => {
    const server = new Worker(CLOSES_AFTER_ANSWERS, { eval: true });
    t.after(() => server.terminate());
    const [port] = await once(server, 'message');
    const { send, clock } = open(port);
    for (let i = 0; i < 5; i++) {
      const { body, failure } = await send({ method: 'POST' });
      assert.deepEqual([body, failure], ['ok', undefined]);
      clock.advance(1_000);
      // Nothing is read meanwhile, as when a large table is being decoded.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    }
  });

  it('is closed after the time for unused ones, or the time that the endpoint says less one second', async (t) => {
    for (const [field, ms] of [
      ['X-A: b', 4_000],
      ['Keep-Alive: timeout=3', 2_000],
      ['Keep-Alive: timeout=60', 59_000],
    ] as const) {
      const upstream = await answering(t, `HTTP/1.1 200 OK\r\n${field}\r\nContent-Length: 0\r\n\r\n`);
      const { send, connections, clock } = open(upstream.port);
      await send();
      await eventually(() => assert.equal(clock.pendingTimers, 1));
      clock.advance(ms - 1);
      assert.equal(connections.open, 1);
      clock.advance(1);
      await eventually(() => assert.equal(connections.open, 0));
      assert.equal(clock.pendingTimers, 0);
    }
  });

  it('with an answer before the end of its request is closed, and the rest of the request dropped', async (t) => {
    const upstream = await answering(t, OK, OK);
    const { send, connections } = open(upstream.port);
    const body = new Readable({ read: () => {} });
    body.push('begun');
    const { body: answer, failure } = await send({ method: 'POST', body: streamedBody(body) });
    assert.equal(answer, 'ok');
    assert.equal(failure, undefined);
    await eventually(() => assert.equal(connections.open, 0));
    assert.equal(body.destroyed, true);
  });
});

describe('requests', () => {
  for (const [what, size] of [
    ['none', 0],
    ['a small one', 16 * 1024],
    ['a large one', 5_000_000],
  ] as const) {
    it(`leave with their bodies: ${what}, counted, at hand or streamed, and in chunks`, async (t) => {
      const upstream = await startUpstream(t, (request, response) => {
        request.on('data', (chunk) => response.write(chunk));
        request.on('end', () => response.end());
      });
      const { send } = open(upstream.port);
      const content = Buffer.alloc(size, 'abcdefg');
      const parts = () =>
        Readable.from(
          Array.from({ length: Math.ceil(size / 70_000) }, (_, i) =>
            content.subarray(i * 70_000, (i + 1) * 70_000),
          ),
        );
      const length = ['Content-Length', String(size)];
      for (const request of [
        { body: wholeBody(content) },
        { body: streamedBody(parts()) },
        { body: streamedBody(parts(), size), headers: length },
      ]) {
        const { body, failure } = await send({ method: 'PUT', ...request });
        assert.equal(failure, undefined);
        assert.ok(Buffer.from(body, 'latin1').equals(content));
      }
      assert.equal(upstream.connections.size, 1);
    });
  }

  it('whose body breaks off fail as the client’s doing', async (t) => {
    const upstream = await startUpstream(t, (request) => request.resume());
    const { send, connections } = open(upstream.port);
    const broken = new Readable({ read: () => {} });
    broken.push('begun');
    setImmediate(() => broken.destroy(new Error('gone')));
    const { failure } = await send({ method: 'POST', body: streamedBody(broken) });
    assert.equal(failure?.reason, 'client_gone');
    assert.equal(failure.neverSent, false);
    await eventually(() => assert.equal(connections.open, 0));
  });

  it('that cannot be said in HTTP/1.1 are refused before anything is opened', async () => {
    const { send, connections } = open(1);
    const { failure } = await send({ fields: ['A', 'b\r\nC: d'] });
    assert.equal(failure?.reason, 'bad_request');
    assert.equal(failure.neverSent, true);
    assert.equal(connections.open, 0);
  });

  it('wait for a connection when no more may be opened, in order, and leave the line when cancelled', async (t) => {
    const answers: (() => void)[] = [];
    const upstream = await startUpstream(t, (request, response) => {
      answers.push(() => response.end(request.url));
    });
    const { begin, connections } = open(upstream.port, { maxConnections: 2 });
    const calls = ['/1', '/2', '/3', '/4', '/5'].map((path) => begin({ path }));
    await eventually(() => assert.equal(answers.length, 2));
    const cancelled: TransportFailure = { reason: 'client_gone', neverSent: false, detail: 'left' };
    calls[2]?.attempt.cancel(cancelled);
    assert.deepEqual((await calls[2]?.ended)?.failure, cancelled);
    for (let i = 0; i < 4; i++) {
      await eventually(() => assert.ok(answers.length > i));
      answers[i]?.();
    }
    assert.deepEqual(
      (await Promise.all(calls.map(({ ended }) => ended))).map(({ body }) => body),
      ['/1', '/2', '', '/4', '/5'],
    );
    assert.deepEqual(upstream.seen, ['GET /1', 'GET /2', 'GET /4', 'GET /5']);
    assert.equal(upstream.connections.size, 2);
    assert.equal(connections.open, 2);
  });

  it('under way or waiting when the endpoint leaves are answered, and then its connections close', async (t) => {
    const answers: (() => void)[] = [];
    const upstream = await startUpstream(t, (request, response) => {
      answers.push(() => response.end(request.url));
    });
    const { begin, send, connections } = open(upstream.port, { maxConnections: 1 });
    const calls = ['/1', '/2'].map((path) => begin({ path }));
    connections.close();
    assert.equal((await send()).failure?.neverSent, true);
    for (let i = 0; i < 2; i++) {
      await eventually(() => assert.ok(answers.length > i));
      answers[i]?.();
    }
    assert.deepEqual(
      (await Promise.all(calls.map(({ ended }) => ended))).map(({ body }) => body),
      ['/1', '/2'],
    );
    await eventually(() => assert.equal(connections.open, 0));
  });

  it('to an endpoint that refuses or never takes connections were never sent', async (t) => {
    const { send } = open(1);
    assert.equal((await send({ method: 'POST' })).failure?.reason, 'connect_failure');
    const upstream = await answering(t, OK);
    const { begin, clock, connections } = open(upstream.port);
    const { ended } = begin({ method: 'POST' });
    clock.advance(1_000);
    const { failure } = await ended;
    assert.deepEqual(failure, {
      reason: 'connect_failure',
      neverSent: true,
      detail: 'no connection within 1000 ms',
    });
    await eventually(() => assert.equal(connections.open, 0));
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('an answer', () => {
  it('brings trailers', async (t) => {
    const upstream = await answering(
      t,
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
    );
    assert.deepEqual((await open(upstream.port).send()).trailers, ['X-Sum', '7']);
  });

  for (const [what, answer, reason] of [
    ['without a head', '', 'upstream_reset'],
    ['without its end', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', 'upstream_reset'],
    ['that is none', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'upstream_protocol_error'],
  ] as const) {
    it(`${what} is a failure that may have been processed`, async (t) => {
      const upstream = await startTcpUpstream(t, (socket) => {
        socket.on('data', () => socket.end(answer));
      });
      const { send, connections } = open(upstream.port);
      const { failure } = await send();
      assert.equal(failure?.reason, reason);
      assert.equal(failure.neverSent, false);
      await eventually(() => assert.equal(connections.open, 0));
    });
  }

  it('nobody reads makes the endpoint wait, and goes on when it is read', async (t) => {
    const size = 30_000_000;
    let written = 0;
    const upstream = await startUpstream(t, (_request, response) => {
      response.setHeader('content-length', size);
      const write = (): void => {
        while (written < size) {
          written += 100_000;
          if (!response.write(Buffer.alloc(100_000))) return;
        }
        response.end();
      };
      response.on('drain', write);
      write();
    });
    const transport = testTransport({ maxConnections: 1 }, new FakeClock());
    let received = 0;
    let resume = (): void => {};
    let isOver = false;
    transport.connect(testTarget(upstream.port)).send(
      { method: 'GET', path: '/', fields: [], body: undefined, upgrade: undefined },
      {
        sending: () => {},
        sent: () => {},
        informational: () => {},
        upgraded: () => {},
        closed: () => {},
        head: (response) => {
          resume = () => response.resume();
          response.deliver({
            data: (chunk) => {
              received += chunk.length;
              return false;
            },
            end: () => {
              isOver = true;
            },
            broken: () => {},
          });
        },
      },
    );
    let before = -1;
    await eventually(() => {
      const stood = written === before;
      before = written;
      assert.ok(stood && written > 0);
    });
    assert.ok(written < size, `${written}`);
    await eventually(() => {
      resume();
      assert.ok(isOver);
    });
    assert.equal(received, size);
  });
});

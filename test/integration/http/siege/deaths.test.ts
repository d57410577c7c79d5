// An endpoint dies with its share of what is under way: no repeatable call fails, and the others take over.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { RawClient } from '../../../support/raw-client.ts';
import type { RecordingEndpoint } from '../../../support/recording-endpoint.ts';
import { startRecordingEndpoint } from '../../../support/recording-endpoint.ts';
import { request, untilQuiet, untilResponses } from '../../../support/siege.ts';

describe('one endpoint of several is killed', () => {
  for (const [endpoints, calls] of [
    [2, 40],
    [3, 60],
    [5, 200],
  ] as const) {
    it(`${calls} slow GETs under way on ${endpoints}: all of them are answered 200, five times over`, async (t) => {
      for (let round = 0; round < 5; round++) {
        const slow = new Set<() => void>();
        const started: RecordingEndpoint[] = [];
        for (let i = 0; i < endpoints; i++) {
          started.push(
            await startRecordingEndpoint(t, (_received, socket) => {
              slow.add(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
              return undefined;
            }),
          );
        }
        const proxy = await startProxy(t, { services: { payments: started.map(({ port }) => port) } });
        const clients = Array.from({ length: calls }, () => {
          const client = new RawClient(t, proxy.port);
          client.send(request('GET', '/slow'));
          return client;
        });
        const underWay = (): number => started.reduce((sum, { requests }) => sum + requests.length, 0);
        await eventually(() => assert.equal(underWay(), calls));
        const [victim] = started;
        const lost = victim?.requests.length ?? 0;
        for (const socket of victim?.open ?? []) socket.resetAndDestroy();
        proxy.publish(
          'payments',
          started.slice(1).map(({ port }) => port),
        );
        const survivors = (): number =>
          started.slice(1).reduce((sum, { requests }) => sum + requests.length, 0);
        await eventually(() => assert.ok(survivors() >= calls - lost));
        const answering = setInterval(() => {
          for (const answer of slow) answer();
          slow.clear();
        }, 10);
        t.after(() => clearInterval(answering));
        const statuses: number[] = [];
        for (const client of clients) statuses.push((await untilResponses(client, 1))[0]?.status ?? 0);
        clearInterval(answering);
        assert.deepEqual(
          statuses.filter((status) => status !== 200),
          [],
          `${lost} were under way at the one that died`,
        );
        for (const client of clients) client.socket.destroy();
        await untilQuiet(proxy, { blamed: true });
      }
    });
  }
});

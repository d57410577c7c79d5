// Connections of HTTP/2 that are ended for what their clients do leave nothing behind.

import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startAmbassador } from '../../../support/ambassador-process.ts';
import { assertNoGrowth } from '../../../support/memory-growth.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

/** The client's SETTINGS come, ours are never acknowledged, and then comes what no client sends. */
const OFFENCES = {
  'no frames': 'garbage garbage garbage',
  'pings without end': '\0\0\x08\x06\0\0\0\0\0pingpong'.repeat(1_000),
} as const;

for (const [offence, bytes] of Object.entries(OFFENCES)) {
  test(`after ${offence} nothing of the session is left`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
    const ambassador = await startAmbassador(t, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      memoryProbe: true,
      config: {
        discovery: { services: 'declared' },
        accessLog: { enabled: false },
        services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
      },
    });
    const port = Number(new URL(ambassador.url).port);
    const offend = async (): Promise<void> => {
      const client = connect(port, '127.0.0.1');
      client.on('error', () => {});
      client.resume();
      client.write(PREFACE + bytes, 'latin1');
      await once(client, 'close');
    };
    const round = async (): Promise<void> => {
      for (let batch = 0; batch < 10; batch++) await Promise.all(Array.from({ length: 20 }, offend));
    };
    await round();
    // A session alone is more than 10 KB of it: 2 MB a round.
    await assertNoGrowth(ambassador, 500_000, round);
  });
}

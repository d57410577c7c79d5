// Much content for a peer that reads slowly does not gather in the ambassador, whatever it comes and goes over. For more of
// it: SLOW_PEER_MIB=256 node --test test/integration/acceptance/slow-peers.test.ts

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { newAuthority } from '../../support/certificates.ts';
import { peakBytes, resetPeak, residentBytes } from '../../support/resident-memory.ts';
import type { Transfer } from '../../support/slow-peers.ts';
import {
  listenSlow,
  overConnect,
  overHttp1,
  overHttp2,
  overHttp2Connect,
  overTcp,
  SLOW_ENDPOINTS,
} from '../../support/slow-peers.ts';
import { unusedPort } from '../../support/upstreams.ts';

const MIB = 1024 * 1024;
const TOTAL = Number(process.env['SLOW_PEER_MIB'] ?? 32) * MIB;

/** Code that the first request runs, and buffers that the first bulk needs, are no growth. */
const WARM_UP = 4 * MIB;

const MOST_GROWTH = 20 * MIB;

const authority = newAuthority();
const own = authority.issue({ dns: ['endpoints.test'] });
const caFile = join(temporaryFolder(), 'ca.pem');
writeFileSync(caFile, authority.cert);
const tls = { tls: { caFile, serverName: 'endpoints.test' } };

interface Way {
  readonly client: string;
  readonly transfer: Transfer;
  readonly endpoint: string;
  readonly config?: object;
}

const WAYS: readonly Way[] = [
  { client: 'HTTP/1.1', transfer: overHttp1, endpoint: 'h1' },
  { client: 'HTTP/1.1', transfer: overHttp1, endpoint: 'h2c', config: { protocol: 'h2c' } },
  { client: 'HTTP/1.1', transfer: overHttp1, endpoint: 'h1-tls', config: tls },
  { client: 'HTTP/1.1', transfer: overHttp1, endpoint: 'h2-tls', config: tls },
  { client: 'HTTP/2', transfer: overHttp2, endpoint: 'h1' },
  { client: 'HTTP/2', transfer: overHttp2, endpoint: 'h2c', config: { protocol: 'h2c' } },
  { client: 'TCP', transfer: overTcp, endpoint: 'tcp', config: { protocol: 'tcp', listen: '127.0.0.1:0' } },
  {
    client: 'TCP',
    transfer: overTcp,
    endpoint: 'tcp-tls',
    config: { protocol: 'tcp', listen: '127.0.0.1:0', ...tls },
  },
  { client: 'CONNECT over HTTP/1.1', transfer: overConnect, endpoint: 'tcp' },
  { client: 'CONNECT over HTTP/2', transfer: overHttp2Connect, endpoint: 'tcp' },
];

async function portFor(ambassador: AmbassadorProcess, { transfer, endpoint }: Way): Promise<number> {
  if (transfer !== overTcp) return Number(new URL(ambassador.url).port);
  const { address } = await ambassador.logged(new RegExp(`^listening on .* for ${endpoint}$`));
  return Number(String(address).split(':').at(-1));
}

const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

describe(`${TOTAL / MIB} MiB for a slow peer`, {
  skip: process.platform !== 'linux' ? 'needs /proc' : false,
}, () => {
  for (const way of WAYS) {
    for (const direction of ['up', 'down'] as const) {
      test(`${way.client} to ${way.endpoint}, ${direction}`, async (t) => {
        const server = SLOW_ENDPOINTS[way.endpoint]?.(own);
        assert.ok(server !== undefined);
        const endpoint = await listenSlow(t, server);
        const ambassador = await startAmbassador(t, {
          consul: `http://127.0.0.1:${await unusedPort()}`,
          config: {
            discovery: { services: 'declared' },
            services: {
              [way.endpoint]: { discover: { endpoints: [`127.0.0.1:${endpoint}`] }, ...way.config },
            },
          },
        });
        await ambassador.untilReady();
        const port = await portFor(ambassador, way);
        const { pid } = ambassador;
        await way.transfer(port, way.endpoint, direction, WARM_UP);
        const before = residentBytes(pid);
        resetPeak(pid);
        assert.equal(await way.transfer(port, way.endpoint, direction, TOTAL), TOTAL);
        const growth = peakBytes(pid) - before;
        t.diagnostic(`${mebibytes(growth)} more than ${mebibytes(before)}`);
        assert.ok(growth < MOST_GROWTH, `${mebibytes(growth)} more`);
      });
    }
  }
});

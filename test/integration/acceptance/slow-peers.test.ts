// Much content for a peer that reads slowly does not gather in the ambassador, whatever it comes and goes over. For more of
// it: SLOW_PEER_MIB=256 node --test test/integration/acceptance/slow-peers.test.ts

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { before, describe, test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { newAuthority } from '../../support/certificates.ts';
import { peakBytes, resetPeak, residentBytes } from '../../support/resident-memory.ts';
import type { Direction, Transfer } from '../../support/slow-peers.ts';
import {
  listenSlow,
  overConnect,
  overHttp1,
  overHttp2,
  overHttp2Connect,
  overTcp,
  SLOW_ENDPOINTS,
} from '../../support/slow-peers.ts';
import { suiteScope } from '../../support/suite-scope.ts';
import { unusedPort } from '../../support/upstreams.ts';

const MIB = 1024 * 1024;
const TOTAL = Number(process.env['SLOW_PEER_MIB'] ?? 48) * MIB;

/** Code that the first request runs, and buffers that the first bulk needs, are no growth. */
const WARM_UP = 4 * MIB;

/** Less than half of what is sent, since memory that an earlier transfer left free may take some of it in. */
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
  /** What the endpoint is called in the configuration. Default: as the endpoint. */
  readonly service?: string;
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
  { client: 'CONNECT over HTTP/1.1', transfer: overConnect, endpoint: 'tcp', service: 'tunnelled' },
  { client: 'CONNECT over HTTP/2', transfer: overHttp2Connect, endpoint: 'tcp', service: 'tunnelled' },
];

type Scope = Pick<TestContext, 'after'>;

const serviceOf = ({ service, endpoint }: Way): string => service ?? endpoint;

async function startCarrier(scope: Scope): Promise<AmbassadorProcess> {
  const services: Record<string, object> = {};
  for (const way of new Map(WAYS.map((way) => [serviceOf(way), way])).values()) {
    const server = SLOW_ENDPOINTS[way.endpoint]?.(own);
    assert.ok(server !== undefined);
    const port = await listenSlow(scope, server);
    services[serviceOf(way)] = { discover: { endpoints: [`127.0.0.1:${port}`] }, ...way.config };
  }
  const ambassador = await startAmbassador(scope, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { discovery: { services: 'declared' }, services },
  });
  await ambassador.untilReady();
  return ambassador;
}

async function carry(
  ambassador: AmbassadorProcess,
  way: Way,
  direction: Direction,
  bytes: number,
): Promise<number> {
  const service = serviceOf(way);
  const ofItsOwn = way.transfer === overTcp ? new RegExp(`^listening on .* for ${service}$`) : undefined;
  const address = ofItsOwn === undefined ? ambassador.url : (await ambassador.logged(ofItsOwn))['address'];
  const port = Number(String(address).split(':').at(-1));
  return way.transfer(port, service, direction, bytes);
}

const mebibytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

describe(`${TOTAL / MIB} MiB for a slow peer`, {
  skip: process.platform !== 'linux' ? 'needs /proc' : false,
}, () => {
  let ambassador: AmbassadorProcess;
  const scope = suiteScope();

  before(async () => {
    ambassador = await startCarrier(scope);
    await Promise.all(
      WAYS.map(async (way) => {
        await carry(ambassador, way, 'up', WARM_UP);
        await carry(ambassador, way, 'down', WARM_UP);
      }),
    );
  });

  for (const way of WAYS) {
    for (const direction of ['up', 'down'] as const) {
      test(`${way.client} to ${way.endpoint}, ${direction}`, async (t) => {
        const held = residentBytes(ambassador.pid);
        resetPeak(ambassador.pid);
        assert.equal(await carry(ambassador, way, direction, TOTAL), TOTAL);
        const growth = peakBytes(ambassador.pid) - held;
        t.diagnostic(`${mebibytes(growth)} more than ${mebibytes(held)}`);
        assert.ok(growth < MOST_GROWTH, `${mebibytes(growth)} more`);
      });
    }
  }
});

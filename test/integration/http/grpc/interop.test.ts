// gRPC's interoperability cases, as @grpc/grpc-js drives them, through the whole ambassador: by every way of addressing,
// to endpoints in the clear and over TLS.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import type { AmbassadorProcess } from '../../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../../support/ambassador-process.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import type { LedgerAddress, LedgerServer } from '../../../support/grpc-service.ts';
import { LedgerClient, startLedger } from '../../../support/grpc-service.ts';
import { unusedPort } from '../../../support/upstreams.ts';

const { status } = grpc;

type Security = 'clear' | 'TLS';
type Addressing = 'host' | 'header' | 'port' | 'path';

interface World {
  readonly ambassador: AmbassadorProcess;
  readonly endpoints: readonly LedgerServer[];
  readonly client: (addressing: Addressing) => LedgerClient;
}

async function startWorld(t: TestContext, security: Security): Promise<World> {
  const authority = newAuthority();
  const issued = authority.issue({ ips: ['127.0.0.1'] });
  const caFile = join(temporaryFolder(), 'ca.pem');
  writeFileSync(caFile, authority.cert);
  const credentials = (): grpc.ServerCredentials =>
    security === 'TLS'
      ? grpc.ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(issued.cert), private_key: Buffer.from(issued.key) },
        ])
      : grpc.ServerCredentials.createInsecure();
  const endpoints = [await startLedger(t, credentials()), await startLedger(t, credentials())];
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      discovery: { services: 'declared' },
      services: {
        ledger: {
          protocol: 'grpc',
          listen: '127.0.0.1:0',
          discover: { endpoints: endpoints.map(({ port }) => `127.0.0.1:${port}`) },
          ...(security === 'TLS' ? { tls: { caFile } } : {}),
        },
      },
    },
  });
  await ambassador.untilReady();
  const [shared = ''] = ambassador.addresses;
  const { address: own } = await ambassador.logged(/^listening on .* for ledger|^listening on .*ledger/);
  const addresses: Readonly<Record<Addressing, LedgerAddress>> = {
    host: { target: shared, authority: 'ledger.localhost' },
    header: { target: shared, metadata: { 'x-ambassador-service': 'ledger' } },
    port: { target: String(own) },
    path: { target: shared, prefix: '/ledger' },
  };
  return { ambassador, endpoints, client: (addressing) => new LedgerClient(t, addresses[addressing]) };
}

const bytes = (size: number): Buffer => Buffer.alloc(size, 'y');

for (const security of ['clear', 'TLS'] as const) {
  describe(`gRPC to endpoints ${security === 'TLS' ? 'over TLS' : 'in the clear'}`, () => {
    it('carries every kind of call, by every way of addressing', async (t) => {
      const { client } = await startWorld(t, security);
      for (const addressing of ['host', 'header', 'port', 'path'] as const) {
        const ledger = client(addressing);
        const empty = await ledger.call('unary', [bytes(0)]);
        assert.deepEqual([addressing, empty.code, empty.messages.length], [addressing, status.OK, 1]);
        const large = await ledger.call('unary', [bytes(314_159)]);
        assert.equal(large.messages[0]?.length, 314_159);
        const sent = [27_182, 8, 1_828, 45_904].map(bytes);
        assert.equal(String((await ledger.call('clientStream', sent)).messages[0]), '74922');
        const came = await ledger.call('serverStream', [Buffer.from('31415,9,2653,58979')]);
        assert.deepEqual(
          came.messages.map(({ length }) => length),
          [31_415, 9, 2_653, 58_979],
        );
        const pinged = await ledger.call('duplex', [bytes(27_182)], {
          ends: false,
          onMessage: (count, call) => (count < 4 ? call.write(bytes(count)) : call.end()),
        });
        assert.deepEqual(
          pinged.messages.map(({ length }) => length),
          [27_182, 1, 2, 3],
        );
        assert.equal(pinged.code, status.OK);
        const halfDuplex = await ledger.call('duplex', sent);
        assert.deepEqual(
          halfDuplex.messages.map(({ length }) => length),
          [27_182, 8, 1_828, 45_904],
        );
        assert.equal((await ledger.call('duplex', [])).code, status.OK);
      }
    });

    it('keeps metadata, statuses and messages as they are', async (t) => {
      const { client, ambassador } = await startWorld(t, security);
      const ledger = client('host');
      const binary = Buffer.from([0xab, 0xab, 0x00, 0xff]);
      for (const name of ['unary', 'duplex'] as const) {
        const { initial, trailers } = await ledger.call(name, [bytes(3)], {
          metadata: { 'x-echo': 'test_initial_metadata_value', 'x-echo-bin': binary },
        });
        assert.deepEqual(initial.get('x-echo'), ['test_initial_metadata_value']);
        assert.deepEqual(trailers.get('x-echo-bin'), [binary]);
      }
      const failed = await ledger.call('unary', [bytes(0)], {
        metadata: { 'x-status': '2', 'x-message': 'test status message' },
      });
      assert.deepEqual([failed.code, failed.details], [status.UNKNOWN, 'test status message']);
      const special = encodeURIComponent('\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n');
      const told = await ledger.call('unary', [bytes(0)], {
        metadata: { 'x-status': '5', 'x-message': special },
      });
      assert.deepEqual([told.code, told.details], [status.NOT_FOUND, special]);
      const spaced = await ledger.call('unary', [bytes(0)], {
        metadata: { 'x-status': '3', 'x-message': 'no such entry:', 'x-message-ends-in-space': '1' },
      });
      assert.equal(spaced.details, 'no such entry: ');
      const missing = await new LedgerClient(t, {
        target: String(ambassador.addresses[0]),
        authority: 'ledger.localhost',
        prefix: '/interop.Other',
      }).call('unary', []);
      assert.equal(missing.code, status.UNIMPLEMENTED);
      const metrics = await ambassador.metrics();
      assert.match(metrics, /grpc_requests_total\{service="ledger",grpc_status="NOT_FOUND"\} 1/);
    });

    it('cancels and times out at both ends', async (t) => {
      const { client, endpoints } = await startWorld(t, security);
      const ledger = client('host');
      const cancelled = (): number => endpoints.reduce((sum, each) => sum + each.cancelled(), 0);
      const atOnce = await ledger.call('clientStream', [], { ends: false, onBegun: (call) => call.cancel() });
      assert.equal(atOnce.code, status.CANCELLED);
      const later = await ledger.call('duplex', [bytes(27_182)], {
        ends: false,
        onMessage: (_count, call) => call.cancel(),
      });
      assert.equal(later.code, status.CANCELLED);
      await eventually(() => assert.ok(cancelled() >= 1));
      const before = cancelled();
      const late = await ledger.call('unary', [bytes(1)], { metadata: { 'x-hang': '1' }, deadlineMs: 300 });
      assert.equal(late.code, status.DEADLINE_EXCEEDED);
      await eventually(() => assert.ok(cancelled() > before));
    });

    it('loses no call that is made while an endpoint is killed and comes back, but those that it had begun', async (t) => {
      const { client, endpoints } = await startWorld(t, security);
      const ledger = client('host');
      const [first] = endpoints;
      assert.ok(first !== undefined);
      for (let i = 0; i < 20; i++) assert.equal((await ledger.call('unary', [bytes(i)])).code, status.OK);
      first.kill();
      for (let i = 0; i < 40; i++) {
        const { code, details } = await ledger.call('unary', [bytes(i)]);
        assert.equal(code, status.OK, details);
      }
    });
  });
}

describe('gRPC over TLS with clients', () => {
  it('carries every kind of call, and goes on when an endpoint is killed', async (t) => {
    const authority = newAuthority();
    const issued = authority.issue({ dns: ['localhost'] });
    const folder = temporaryFolder();
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const endpoints = [await startLedger(t), await startLedger(t)];
    const ambassador = await startAmbassador(t, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      config: {
        discovery: { services: 'declared' },
        listenTls: { certFile: write('tls.crt', issued.cert), keyFile: write('tls.key', issued.key) },
        services: {
          ledger: {
            protocol: 'grpc',
            discover: { endpoints: endpoints.map(({ port }) => `127.0.0.1:${port}`) },
          },
        },
      },
    });
    await ambassador.untilReady();
    // grpc-js takes no address for the server name of TLS.
    const target = `localhost:${new URL(ambassador.url).port}`;
    const credentials = grpc.credentials.createSsl(Buffer.from(authority.cert));
    const ledger = new LedgerClient(t, { target, prefix: '/ledger' }, credentials);
    const large = await ledger.call('unary', [bytes(314_159)]);
    assert.equal(large.details, 'OK');
    assert.equal(large.messages[0]?.length, 314_159);
    assert.equal(String((await ledger.call('clientStream', [bytes(10), bytes(5)])).messages[0]), '15');
    const came = await ledger.call('serverStream', [Buffer.from('31415,9')]);
    assert.deepEqual(
      came.messages.map(({ length }) => length),
      [31_415, 9],
    );
    const failed = await ledger.call('unary', [bytes(1)], {
      metadata: { 'x-status': '5', 'x-message': 'none' },
    });
    assert.deepEqual([failed.code, failed.details], [status.NOT_FOUND, 'none']);
    endpoints[0]?.kill();
    for (let i = 0; i < 20; i++) {
      const { code, details } = await ledger.call('duplex', [bytes(i)]);
      assert.equal(code, status.OK, details);
    }
  });
});

describe('gRPC that the ambassador refuses', () => {
  it('has the status that says why', async (t) => {
    const { ambassador, endpoints, client } = await startWorld(t, 'clear');
    const [target = ''] = ambassador.addresses;
    const nobody = await new LedgerClient(t, { target, authority: 'nobody.localhost' }).call('unary', []);
    assert.equal(nobody.code, status.UNIMPLEMENTED);
    assert.match(nobody.details, /nobody/);
    for (const endpoint of endpoints) endpoint.kill();
    const gone = await client('host').call('unary', [bytes(1)]);
    assert.equal(gone.code, status.UNAVAILABLE);
    assert.match(gone.details, /ECONNREFUSED|refused/);
  });
});

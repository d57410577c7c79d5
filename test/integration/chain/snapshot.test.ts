// What a restart without Consul needs of configuration entries, and files that are not what they should be.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { startInstance, tally, writeEntry } from '../../support/chain-world.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startHttp2Upstream } from '../../support/http2-upstreams.ts';

test('after a restart without Consul failover targets and protocols are those of before, and a spoilt file is refused in a line', async (t) => {
  const consul = await startConsulAgent(t);
  const [standby, ledger] = await Promise.all([
    startInstance(t, 'standby'),
    startHttp2Upstream(t, (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('over HTTP/2');
    }),
  ]);
  await consul.register({ name: 'payments', port: 1, status: 'critical' });
  await consul.register({ name: 'standby', port: standby.port });
  await consul.register({ name: 'ledger', port: ledger.port });
  await writeEntry(consul, {
    ...{ Kind: 'service-resolver', Name: 'payments' },
    Failover: { '*': { Service: 'standby' } },
  });
  await writeEntry(consul, { Kind: 'service-defaults', Name: 'ledger', Protocol: 'grpc' });
  const snapshotFile = join(temporaryFolder(), 'snapshot.json');
  const start = () =>
    startAmbassador(t, { consul: consul.address, config: { discovery: { snapshotFile }, logLevel: 'info' } });
  const serves = async (ambassador: AmbassadorProcess) => {
    assert.deepEqual([...(await tally(ambassador, '/payments/x', 10)).keys()], ['standby']);
    assert.equal(await (await fetch(`${ambassador.url}/ledger/`)).text(), 'over HTTP/2');
  };
  const before = await start();
  await before.untilReady();
  await eventually(() => serves(before));
  await before.stop();
  await consul.kill();
  const after = await start();
  await eventually(() => serves(after));
  await after.stop();

  const whole = readFileSync(snapshotFile, 'utf8');
  const foreign = JSON.parse(whole);
  foreign.services.payments.chain.compiled = { StartNode: 'a', Nodes: { a: 7 } };
  for (const [text, line] of [
    [whole.slice(0, -20), /the snapshot file is damaged: it is not whole JSON; going on without/],
    ['{"apiVersion": "v1"}', /the snapshot file is not one of ours; going on without/],
    [whole.replace('"version":2', '"version":9'), /has version 9, of a later release; this one reads 2;/],
    [JSON.stringify(foreign), /listening on/],
  ] as const) {
    writeFileSync(snapshotFile, text);
    const ambassador = await start();
    await ambassador.logged(line);
    const about = ambassador.log.filter(({ msg }) => /snapshot/.test(String(msg)));
    assert.ok(about.length <= 1, JSON.stringify(about));
    assert.equal((await fetch(`${ambassador.adminUrl}/healthz`)).status, 200);
    assert.equal((await ambassador.stop()).code, 0);
  }
});

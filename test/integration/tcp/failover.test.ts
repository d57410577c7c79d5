// Connections carried byte for byte to what takes over while no instance of their service can be used, and back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpServer, TcpClient } from '../../support/tcp-world.ts';

test('new connections go to the next tier while no instance is usable, and back; open ones stay', async (t) => {
  const consul = await startConsulAgent(t);
  const start = (name: string) =>
    startTcpServer(t, (socket) => {
      socket.write(`${name}\n`);
      socket.pipe(socket);
    });
  const [primary, standby] = [await start('primary'), await start('standby')];
  await consul.register({ name: 'db', port: primary });
  await consul.register({ name: 'db-standby', port: standby });
  const tcp = { protocol: 'tcp', listen: '127.0.0.1:0' };
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      services: { db: { ...tcp, failover: { to: [{ service: 'db-standby' }] } }, 'db-standby': tcp },
      logLevel: 'info',
    },
  });
  await ambassador.untilReady();
  const { address } = await ambassador.logged(/^listening on .* for db$/);
  const port = Number(String(address).split(':').at(-1));
  const greeting = async () => {
    const socket = connect(port, '127.0.0.1');
    const [first] = await once(socket, 'data');
    socket.destroy();
    return String(first).trim();
  };
  const open = new TcpClient(t, port);
  await open.untilReceived('primary\n');

  await consul.setCheck('db', 'critical');
  await eventually(async () => assert.equal(await greeting(), 'standby'));
  open.socket.write('still here');
  await open.untilReceived('primary\nstill here');
  const { chain, panic } = (await ambassador.admin('/api/services/db')) as ServiceView;
  assert.deepEqual(
    chain?.routes[0]?.splits[0]?.tiers.map(({ target, usable, share }) => [target, usable, share]),
    [
      ['db', 0, 0],
      ['db-standby', 1, 1],
    ],
  );
  assert.equal(chain?.routes[0]?.splits[0]?.tiers[1]?.failure, null);
  assert.equal(panic, 'none', 'since the other target serves');
  // Of both targets.
  assert.equal(await ambassador.metric('ambassador_endpoints', /service="db",state="available"/), 1);
  assert.equal(await ambassador.metric('ambassador_endpoints', /service="db",state="critical"/), 1);
  assert.equal(await ambassador.metric('ambassador_panic', /service="db"/), 0);

  await consul.setCheck('db', 'passing');
  await eventually(async () => assert.equal(await greeting(), 'primary'));
});

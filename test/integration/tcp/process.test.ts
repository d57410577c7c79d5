// `protocol: tcp` as its user meets it: the whole process, its configuration, its log, its metrics and its admin API.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Explanation } from '../../../src/admin/explain-view.ts';
import type { Overview } from '../../../src/admin/overview-view.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, runAmbassador, spawnAmbassador } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpServer, TcpClient } from '../../support/tcp-world.ts';

type Services = Readonly<Record<string, unknown>>;

function configuration(services: Services): string {
  return JSON.stringify({
    consul: { address: 'http://127.0.0.1:1' },
    discovery: { services: 'declared' },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    accessLog: { sample: 0 },
    drain: { timeout: '300ms' },
    services,
  });
}

function db(endpoint: number, listen = '127.0.0.1:0'): Services {
  return { protocol: 'tcp', listen, discover: { endpoints: [`127.0.0.1:${endpoint}`] } };
}

/** The port at which a service can be called. */
async function portOf(ambassador: AmbassadorProcess, service: string): Promise<number> {
  const { address } = await ambassador.logged(new RegExp(`^listening on .* for ${service}$`));
  return Number(String(address).split(':').at(-1));
}

test('a service of TCP is called at its address, watched, and refused to HTTP with that address', async (t) => {
  const endpoint = await startTcpServer(t, (socket) => socket.pipe(socket));
  const file = configFile(configuration({ db: db(endpoint) }));
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  const port = await portOf(ambassador, 'db');
  const client = new TcpClient(t, port);
  client.socket.write('ping');
  await client.untilReceived('ping');
  await eventually(async () => {
    assert.equal(await ambassador.metric('ambassador_tcp_connections_open', /service="db"/), 1);
    assert.equal(await ambassador.metric('ambassador_tcp_bytes_total', /direction="sent"/), 4);
  });

  const refused = await fetch(`${ambassador.url}/db/rows`);
  assert.equal(refused.status, 421);
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.equal(problem['reason'], 'misdirected_request');
  assert.match(String(problem['detail']), new RegExp(`connect to 127\\.0\\.0\\.1:${port}\\.$`));

  const explained = (await ambassador.admin('/api/explain?target=/db')) as Explanation;
  assert.equal(explained.refusal?.reason, 'misdirected_request');
  assert.match(
    explained.chain.find(({ stage }) => stage === 'timeout')?.text ?? '',
    /^1 s to connect .* 3600 s without a byte/,
  );
  assert.deepEqual(
    explained.endpoints.map(({ usable, inFlight }) => [usable, inFlight]),
    [[true, 1]],
  );
  const overview = (await ambassador.admin('/api/overview')) as Overview;
  assert.deepEqual(overview.listening.find(({ service }) => service === 'db')?.protocol, 'tcp');
  const [shown] = overview.services;
  assert.deepEqual(
    [shown?.protocol, shown?.activeRequests, shown?.bytes],
    ['tcp', 1, { received: 4, sent: 4 }],
  );
  const top = await runAmbassador('top', '--once', '--admin', ambassador.adminUrl);
  assert.match(top.stdout, /^db .* TCP, 4 B in, 4 B out$/m);

  client.socket.end();
  await client.untilClosed();
  const line = await eventually(() => {
    const found = ambassador.log.find(({ protocol }) => protocol === 'tcp');
    if (found === undefined) throw new Error('no line in the access log yet');
    return found;
  });
  assert.equal(line['service'], 'db');
  assert.equal(line['bytesReceived'], 4);
  assert.equal(line['reason'], undefined);
  assert.equal(await ambassador.metric('ambassador_tcp_connections_total', /reason=""/), 1);
  assert.equal(await ambassador.metric('ambassador_tcp_connect_attempts_total', /outcome="connected"/), 1);
});

test('listeners come and go with the configuration, and connections that are open stay', async (t) => {
  const endpoint = await startTcpServer(t, (socket) => socket.pipe(socket));
  const file = configFile(configuration({ db: db(endpoint) }));
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  const port = await portOf(ambassador, 'db');
  const client = new TcpClient(t, port);
  client.socket.write('before');
  await client.untilReceived('before');

  writeFileSync(file, configuration({ cache: db(endpoint, 'localhost:0') }));
  ambassador.signal('SIGHUP');
  const newcomer = new TcpClient(t, await portOf(ambassador, 'cache'), 'localhost');
  newcomer.socket.write('hello');
  await newcomer.untilReceived('hello');
  await ambassador.logged(/^no longer listening on /);
  client.socket.write(' and after');
  await client.untilReceived('before and after');
  const late = new TcpClient(t, port);
  await late.untilClosed();
  assert.equal(late.error?.code, 'ECONNREFUSED');

  await ambassador.stop();
  await client.untilClosed();
  assert.ok(ambassador.log.some(({ reason }) => reason === 'shutting_down'));
  assert.ok(ambassador.log.some(({ msg }) => /still open after 300 ms and are cut$/.test(String(msg))));
});

test('an address whose service changes from HTTP to TCP stays open for the one or the other', async (t) => {
  const endpoint = await startTcpServer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  const first = configFile(configuration({ db: { ...db(endpoint), protocol: 'http' } }));
  const ambassador = spawnAmbassador(t, ['run', '-c', first]);
  const port = await portOf(ambassador, 'db');
  const listen = `127.0.0.1:${port}`;
  // Port 0 would be another port; from here on the address is written.
  writeFileSync(first, configuration({ db: { ...db(endpoint), protocol: 'tcp' } }));
  ambassador.signal('SIGHUP');
  await ambassador.logged(/^no longer listening on /);
  writeFileSync(first, configuration({ db: db(endpoint, listen) }));
  ambassador.signal('SIGHUP');
  const bytes = async (): Promise<string> => {
    const client = new TcpClient(t, port);
    client.socket.end('anything but HTTP\r\n\r\n');
    await client.untilClosed();
    return client.received;
  };
  await eventually(async () => assert.match(await bytes(), /^HTTP\/1.1 200 OK\r\nContent-Length: 2/));
  writeFileSync(first, configuration({ db: { ...db(endpoint, listen), protocol: 'http' } }));
  ambassador.signal('SIGHUP');
  await eventually(async () => assert.match(await bytes(), /^HTTP\/1\.1 400 /));
  assert.equal(await (await fetch(`http://${listen}/`)).text(), 'ok');
});

// With few file descriptors left: the log says so at the start, idle connections give way, and calls go on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import { AmbassadorProcess, configFile } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { get } from '../../support/load.ts';
import { startUpstream } from '../../support/upstreams.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const LIMIT = 100;
const REQUEST = 'GET /payments/charge HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('a hundred and fifty clients at a limit of a hundred descriptors', {
  skip: existsSync('/proc/self/limits') ? false : 'the system does not show its limits in /proc',
}, async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const file = configFile({
    consul: { address: 'http://127.0.0.1:1' },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
    drain: { timeout: '1s' },
  });
  const command = ['-c', `ulimit -n ${LIMIT} && exec "$0" "$@"`, process.execPath, MAIN, 'run', '-c', file];
  const child = spawn('sh', command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  endWithThisProcess(child);
  const ambassador = new AmbassadorProcess(child);
  t.after(async () => {
    child.kill('SIGKILL');
    await ambassador.ended;
  });
  await ambassador.logged(/^listening on /);
  await ambassador.logged(/may have 100 files and sockets open, and can need \d+: .*LimitNOFILE=/);
  const descriptors = () => readdirSync(`/proc/${ambassador.pid}/fd`).length;

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const call = async () => assert.equal((await get(`${ambassador.url}/payments/charge`, agent)).status, 200);
  await call();
  const [host = '', port] = (ambassador.addresses[0] ?? '').split(':');
  const clients: Socket[] = [];
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  for (let count = 0; count < 150; count++) {
    const client = connect(Number(port), host, () => client.write(REQUEST));
    client.on('error', () => {});
    clients.push(client);
  }
  // The connection that the application has, and calls on again and again, goes on.
  await eventually(() => assert.ok(descriptors() >= LIMIT - 5, 'all descriptors are taken'));
  await eventually(async () => {
    await call();
    assert.ok(
      ambassador.log.some(({ msg }) =>
        /^File descriptors run short: \d+ connections of clients/.test(String(msg)),
      ),
    );
  });
  // A client that comes now is served, although none of those before has left by itself.
  await eventually(async () => {
    assert.equal((await get(`${ambassador.url}/payments/charge`, new Agent())).status, 200);
  });
  // The first that speaks HTTP/2, for whom modules are still to be read.
  await eventually(async () => assert.equal(await statusOverHttp2(ambassador.url), 200));

  const ticks = () =>
    readFileSync(`/proc/${ambassador.pid}/stat`, 'utf8')
      .split(' ')
      .slice(13, 15)
      .reduce((sum, part) => sum + Number(part), 0);
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(ticks() - before < 25, 'at rest it takes less than half of a processor');

  for (const client of clients) client.destroy();
  agent.destroy();
  await eventually(() => assert.ok(descriptors() < 60));
  assert.equal(await ambassador.metric('ambassador_faults_total'), 0);
  assert.equal((await ambassador.stop()).code, 0);
});

async function statusOverHttp2(url: string): Promise<unknown> {
  const session = connectHttp2(url);
  session.on('error', () => {});
  try {
    const stream = session.request({ ':path': '/payments/charge' });
    let status: unknown;
    stream.on('response', (fields) => {
      status = fields[':status'];
      stream.close();
    });
    // Its connection may be closed as an idle one before its request has arrived, which is no error of the stream.
    await once(stream, 'close');
    return status;
  } finally {
    session.destroy();
  }
}

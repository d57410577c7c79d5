// What a service manager is notified of, received on a real datagram socket by Python: Node.js has none.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { serviceManager, watchdogMs } from '../../src/cli/service-manager.ts';
import { temporaryFolder } from '../support/ambassador-process.ts';
import { eventually } from '../support/eventually.ts';
import { findProgram } from '../support/find-program.ts';

const RECEIVE = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("bound", flush=True)
while True: print(s.recv(4096).decode(), flush=True)`;

const missing = ['python3', 'systemd-notify'].filter((name) => findProgram(name) === undefined);

test('readiness, signs of life and the stop reach the service manager', {
  skip: missing.length > 0 && `needs ${missing.join(' and ')}`,
}, async (t) => {
  const path = join(temporaryFolder(), 'notify');
  const receiver = spawn('python3', ['-c', RECEIVE, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => receiver.kill('SIGKILL'));
  let received = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  await eventually(() => assert.match(received, /bound/));
  const manager = serviceManager({ PATH: process.env['PATH'], NOTIFY_SOCKET: path, WATCHDOG_USEC: '100000' });
  manager.ready();
  await eventually(() => assert.match(received, /READY=1.*WATCHDOG=1.*WATCHDOG=1/s));
  manager.stopping();
  await eventually(() => assert.match(received, /STOPPING=1/));
});

test('a watchdog of another process, or none, is not fed', () => {
  assert.equal(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7), 30_000);
  assert.equal(watchdogMs({ WATCHDOG_USEC: '30000000' }, 7), 30_000);
  assert.equal(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7), undefined);
  assert.equal(watchdogMs({}, 7), undefined);
});

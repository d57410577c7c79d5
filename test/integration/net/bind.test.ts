// A unix socket's file outlives a crash of its owner. Only a file that is such a leftover may be taken away.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import fastify from 'fastify';
import { bind } from '../../../src/net/bind.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';

function newServer(t: TestContext) {
  const app = fastify();
  t.after(() => app.close());
  return app;
}

/** A process that dies while it listens there. */
function leaveSocket(path: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['--eval', program]);
  assert.ok(existsSync(path), 'the crash left its socket');
}

test('the socket of a crashed process is taken over', async (t) => {
  const path = join(temporaryFolder(), 'ambassador.sock');
  leaveSocket(path);
  assert.deepEqual(await bind(newServer(t), { kind: 'unix', path }), { kind: 'unix', path });
});

test('a socket with a listener is left to it', async (t) => {
  const path = join(temporaryFolder(), 'ambassador.sock');
  const owner = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => owner.listen(path, resolve));
  t.after(() => owner.close());
  await assert.rejects(bind(newServer(t), { kind: 'unix', path }), { code: 'EADDRINUSE' });
  assert.ok(existsSync(path));
});

test('a file that is no socket is left alone', async (t) => {
  const path = join(temporaryFolder(), 'notes.txt');
  writeFileSync(path, 'precious');
  await assert.rejects(bind(newServer(t), { kind: 'unix', path }), { code: 'EADDRINUSE' });
  assert.equal(readFileSync(path, 'utf8'), 'precious');
});

test('port 0 becomes the port that was bound', async (t) => {
  const bound = await bind(newServer(t), { kind: 'tcp', host: '127.0.0.1', port: 0 });
  assert.ok(bound.kind === 'tcp' && bound.port > 0);
});

test('a unix socket has the mode, the owner and the group that are asked for', async (t) => {
  const path = join(temporaryFolder(), 'ambassador.sock');
  const owner = String(process.getuid?.());
  const group = String(process.getgid?.());
  const permissions = { mode: 0o660, owner, group };
  await bind(newServer(t), { kind: 'unix', path, permissions });
  const { mode, uid, gid } = statSync(path);
  assert.equal(mode & 0o777, 0o660);
  assert.deepEqual([String(uid), String(gid)], [owner, group]);
});

test('a unix socket that cannot have its owner is not listened on', async (t) => {
  const path = join(temporaryFolder(), 'ambassador.sock');
  const permissions = { owner: 'nobody-of-that-name' };
  await assert.rejects(
    bind(newServer(t), { kind: 'unix', path, permissions }),
    /there is no user nobody-of-that-name/,
  );
  await assert.rejects(once(connect(path), 'connect'));
});

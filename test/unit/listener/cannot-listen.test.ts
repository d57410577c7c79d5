import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { CannotListen } from '../../../src/listener/cannot-listen.ts';

test('a unix socket in a folder that there is not says so, where Node.js tells of permissions', async () => {
  const path = '/no/such/folder/own.sock';
  const server = createServer().listen(path);
  const [cause] = await once(server, 'error');
  const { key, message } = await CannotListen.because('listen', { kind: 'unix', path }, cause);
  assert.deepEqual(
    [key, message],
    ['listen', 'cannot listen on unix:/no/such/folder/own.sock: there is no folder /no/such/folder'],
  );
});

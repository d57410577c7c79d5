import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unconnected } from '../../../src/registration/life-signs.ts';

const failed = (code: string) => Object.assign(new Error(`connect ${code} 127.0.0.1:8080`), { code });

test('an application that takes no connection is critical, whatever was seen before', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH']) {
    const output = `connect ${code} 127.0.0.1:8080`;
    assert.deepEqual(unconnected(failed(code), 'passing'), { status: 'critical', output });
  }
});

test('a shortage of this machine says nothing of the application: what was seen before stands', () => {
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']) {
    for (const last of ['passing', 'warning', 'critical'] as const) {
      const { status, output } = unconnected(failed(code), last);
      assert.equal(status, last);
      assert.match(output, new RegExp(`^not looked at: ${code}: this (?:process|machine) has no `));
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardsLeft, lastRecipientResponse } from '../../../src/proxy/max-forwards.ts';

test('Max-Forwards counts for OPTIONS and TRACE, and only where it is a number', () => {
  const left = (method: string, ...fields: readonly string[]) => forwardsLeft({ method, fields });
  assert.equal(left('OPTIONS', 'Max-Forwards', '7'), 6);
  assert.equal(left('TRACE', 'max-forwards', '0'), -1);
  assert.equal(left('GET', 'Max-Forwards', '7'), undefined);
  assert.equal(left('TRACE'), undefined);
  for (const value of ['', '-1', '1.5', 'x', '1, 2'])
    assert.equal(left('TRACE', 'Max-Forwards', value), undefined);
});

test('the last recipient reflects a TRACE without what is confidential', () => {
  const { head, body } = lastRecipientResponse({
    method: 'TRACE',
    scheme: 'http',
    authority: 'a',
    target: '/x?y',
    version: '1.1',
    upgrade: undefined,
    expectation: undefined,
    fields: ['Host', 'a', 'Authorization', 'secret', 'COOKIE', 'secret', 'X-A', '1'],
  });
  assert.equal(head.status, 200);
  assert.deepEqual(head.fields, ['content-type', 'message/http', 'content-length', String(body.length)]);
  assert.equal(body.toString(), 'TRACE /x?y HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n');
});

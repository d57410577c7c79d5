import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestHead } from '../../../src/http/message.ts';
import { asksForExplanation } from '../../../src/proxy/request-explanation.ts';

const HEAD: RequestHead = {
  method: 'GET',
  scheme: 'http',
  authority: 'localhost',
  target: '/',
  version: '1.1',
  upgrade: undefined,
  expectation: undefined,
  fields: [],
};

function asks(remoteAddress: string | undefined, ...headers: string[]): boolean {
  return asksForExplanation({ head: { ...HEAD, fields: headers }, remoteAddress });
}

test('only callers on this machine learn how a request went', () => {
  for (const here of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', undefined]) {
    assert.equal(asks(here, 'X-Ambassador-Explain', '1'), true, String(here));
  }
  for (const elsewhere of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '127.evil']) {
    assert.equal(asks(elsewhere, 'X-Ambassador-Explain', '1'), false, elsewhere);
  }
  assert.equal(asks('127.0.0.1', 'X-Ambassador-Explain', '0'), false);
  assert.equal(asks('127.0.0.1'), false);
});

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AttemptRequest } from '../../../../src/http/attempt.ts';
import { RequestFault, requestHead } from '../../../../src/http/http1/request-head.ts';

const REQUEST: AttemptRequest = { method: 'GET', path: '/', headers: [], body: null, upgrade: undefined };

function head(given: Partial<AttemptRequest>) {
  return requestHead({ ...REQUEST, ...given }, '127.0.0.1:80');
}

describe('the head of a request', () => {
  it('names the endpoint, keeps the connection, and leaves fields as they are', () => {
    assert.deepEqual(head({ path: '/a?b', headers: ['X-A', 'ä', 'x-a', '2'] }), {
      text: 'GET /a?b HTTP/1.1\r\nhost: 127.0.0.1:80\r\nconnection: keep-alive\r\nX-A: ä\r\nx-a: 2\r\n\r\n',
      length: 0,
    });
  });

  it('says that there is no body where one would be expected', () => {
    assert.match(head({ method: 'POST' }).text, /\r\ncontent-length: 0\r\n\r\n$/);
    assert.doesNotMatch(head({ method: 'DELETE' }).text, /content-length/);
    assert.equal(
      head({ method: 'PUT', headers: ['Content-Length', '0'] }).text.match(/content-length/gi)?.length,
      1,
    );
  });

  it('says how long a body is, or that it comes in chunks', () => {
    const body = Buffer.from('hello');
    assert.match(head({ method: 'POST', body }).text, /\r\ncontent-length: 5\r\n\r\n$/);
    assert.equal(head({ method: 'POST', body, headers: ['Content-Length', '5'] }).length, 5);
    const streamed = Readable.from([body]);
    assert.match(head({ method: 'POST', body: streamed }).text, /\r\ntransfer-encoding: chunked\r\n\r\n$/);
    assert.equal(head({ method: 'POST', body: streamed }).length, undefined);
    const counted = head({ method: 'POST', body: streamed, headers: ['content-length', '5'] });
    assert.equal(counted.length, 5);
    assert.doesNotMatch(counted.text, /transfer-encoding/);
  });

  for (const [what, given] of [
    ['a method with a space', { method: 'GET /x' }],
    ['no method', { method: '' }],
    ['a target with a space', { path: '/a b' }],
    ['a target with a line', { path: '/a\r\nX: 1' }],
    ['no target', { path: '' }],
    ['a name with a colon', { headers: ['A:b', '1'] }],
    ['no name', { headers: ['', '1'] }],
    ['a value with a line', { headers: ['A', '1\r\nB: 2'] }],
    ['a value beyond latin1', { headers: ['A', '€'] }],
    ['two lengths', { headers: ['Content-Length', '0', 'content-length', '0'] }],
    ['a length that is none', { headers: ['Content-Length', '1e3'] }],
    ['a length without content', { headers: ['Content-Length', '3'] }],
    ['a length that is not the content’s', { body: Buffer.from('hello'), headers: ['Content-Length', '4'] }],
  ] as const) {
    it(`${what} is refused`, () => assert.throws(() => head(given), RequestFault));
  }

  it('has as many lines as it has fields, whatever they are', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\0', '\t', 'é', '€'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'G\r'),
        text,
        fc.array(text, { maxLength: 6 }),
        (method, path, fields) => {
          let written: string;
          try {
            written = head({ method, path: `/${path}`, headers: fields }).text;
          } catch (error) {
            assert.ok(error instanceof RequestFault);
            return;
          }
          assert.equal(written.split(/\r\n|\r|\n/).length, 3 + Math.floor(fields.length / 2) + 2);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

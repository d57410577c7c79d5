import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AttemptRequest } from '../../../../src/http/attempt.ts';
import { RequestFault, requestHead } from '../../../../src/http/http1/request-head.ts';
import { streamedBody, wholeBody } from '../../../support/bodies.ts';

const REQUEST: AttemptRequest = {
  method: 'GET',
  path: '/',
  fields: [],
  body: undefined,
  upgrade: undefined,
};

function head(given: Partial<AttemptRequest>) {
  return requestHead({ ...REQUEST, ...given }, '127.0.0.1:80');
}

describe('the head of a request', () => {
  it('names the endpoint, keeps the connection, and leaves fields as they are', () => {
    assert.equal(
      head({ path: '/a?b', fields: ['X-A', 'ä', 'x-a', '2'] }),
      'GET /a?b HTTP/1.1\r\nhost: 127.0.0.1:80\r\nconnection: keep-alive\r\nX-A: ä\r\nx-a: 2\r\n\r\n',
    );
  });

  it('says that there is no body where one would be expected', () => {
    assert.match(head({ method: 'POST' }), /\r\ncontent-length: 0\r\n\r\n$/);
    assert.doesNotMatch(head({ method: 'DELETE' }), /content-length/);
    assert.equal(
      head({ method: 'PUT', fields: ['Content-Length', '0'] }).match(/content-length/gi)?.length,
      1,
    );
  });

  it('says how long a body is, or that it comes in chunks', () => {
    const body = wholeBody('hello');
    assert.match(head({ method: 'POST', body }), /\r\ncontent-length: 5\r\n\r\n$/);
    assert.match(
      head({ method: 'POST', body, fields: ['Content-Length', '5'] }),
      /\r\nContent-Length: 5\r\n\r\n$/,
    );
    const streamed = streamedBody(Readable.from([Buffer.from('hello')]));
    assert.match(head({ method: 'POST', body: streamed }), /\r\ntransfer-encoding: chunked\r\n\r\n$/);
    const counted = streamedBody(Readable.from([Buffer.from('hello')]), 5);
    assert.doesNotMatch(
      head({ method: 'POST', body: counted, fields: ['content-length', '5'] }),
      /transfer-encoding/,
    );
  });

  it('keeps Trailer only where something can stand behind the content', () => {
    const streamed = streamedBody(Readable.from([]));
    assert.match(head({ method: 'POST', body: streamed, fields: ['Trailer', 'X'] }), /\r\nTrailer: X\r\n/);
    assert.doesNotMatch(head({ method: 'POST', body: wholeBody('a'), fields: ['Trailer', 'X'] }), /Trailer/);
    assert.doesNotMatch(head({ fields: ['Trailer', 'X'] }), /Trailer/);
  });

  it('asks to switch protocols in the fields of the connection', () => {
    assert.match(head({ upgrade: 'websocket' }), /\r\nconnection: upgrade\r\nupgrade: websocket\r\n/);
    assert.throws(() => head({ upgrade: 'a\r\nb: c' }), RequestFault);
  });

  for (const [what, given] of [
    ['a method with a space', { method: 'GET /x' }],
    ['no method', { method: '' }],
    ['a target with a space', { path: '/a b' }],
    ['a target with a line', { path: '/a\r\nX: 1' }],
    ['no target', { path: '' }],
    ['a name with a colon', { fields: ['A:b', '1'] }],
    ['no name', { fields: ['', '1'] }],
    ['a value with a line', { fields: ['A', '1\r\nB: 2'] }],
    ['a value beyond latin1', { fields: ['A', '€'] }],
    ['two lengths', { fields: ['Content-Length', '0', 'content-length', '0'] }],
    ['a length that is none', { fields: ['Content-Length', '1e3'] }],
    ['a length without content', { fields: ['Content-Length', '3'] }],
    ['a length that is not the content’s', { body: wholeBody('hello'), fields: ['Content-Length', '4'] }],
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
            written = head({ method, path: `/${path}`, fields: fields });
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

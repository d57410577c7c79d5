import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@bufbuild/protobuf';
import { createRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { googleTypes, statusSchema } from '../../../../src/translate/google-api.ts';
import { grpcCodeOf, statusFields } from '../../../../src/translate/reverse/json-status.ts';

const NOTHING = createRegistry();

/** Code and message. */
function status(httpStatus: number, content: unknown): readonly unknown[] {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const [, code, , message] = statusFields(httpStatus, Buffer.from(text), NOTHING);
  return [Number(code), message];
}

test('a status of HTTP is the code that documents it', () => {
  const codes = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 10,
    429: 8,
    499: 1,
    500: 13,
    501: 12,
    503: 14,
    504: 4,
  };
  for (const [http, code] of Object.entries(codes)) assert.equal(grpcCodeOf(Number(http)), code, http);
  assert.equal(grpcCodeOf(418), 9);
  assert.equal(grpcCodeOf(502), 14);
  assert.equal(grpcCodeOf(599), 13);
  assert.equal(grpcCodeOf(302), 2);
});

test('content says more than the status where it is an error of a known form', () => {
  assert.deepEqual(status(404, { title: 'Not Found', detail: 'no letter 7' }), [5, 'no letter 7']);
  assert.deepEqual(status(400, { code: 9, message: 'not yet' }), [9, 'not yet']);
  assert.deepEqual(status(409, { error: { code: 409, message: 'it is there', status: 'ALREADY_EXISTS' } }), [
    6,
    'it is there',
  ]);
  assert.deepEqual(status(499, { code: 'canceled', message: 'left' }), [1, 'left']);
  assert.deepEqual(status(404, { error: 'no letter' }), [5, 'no letter']);
  assert.deepEqual(status(500, { code: 500, status: 500 }), [13, 'The endpoint responded with status 500.']);
  assert.deepEqual(status(503, 'overloaded\n'), [14, 'overloaded']);
  assert.deepEqual(status(503, '<html></html>'), [14, 'The endpoint responded with status 503.']);
  assert.deepEqual(status(503, ''), [14, 'The endpoint responded with status 503.']);
  assert.deepEqual(status(400, { message: 'ä' }), [3, '%C3%A4']);
});

test('details are those of google.rpc.Status, without such as nothing describes', () => {
  const known = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' };
  const unknown = { '@type': 'type.googleapis.com/no.such.Type', a: 'b' };
  const content = Buffer.from(JSON.stringify({ code: 8, message: 'wait', details: [unknown, known, 'c'] }));
  const fields = statusFields(429, content, NOTHING);
  const details = fields[fields.indexOf('grpc-status-details-bin') + 1] ?? '';
  const status = fromBinary(statusSchema, Buffer.from(details, 'base64'));
  const json = toJson(statusSchema, status, { registry: googleTypes }) as JsonObject;
  assert.deepEqual(json, { code: 8, message: 'wait', details: [known] });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldValue } from '../../../src/http/fields.ts';
import type { RequestHead } from '../../../src/http/message.ts';
import { callingPage, preflightResponse, readableHead } from '../../../src/translate/cors.ts';

const PAGE = { origin: 'https://app.example', credentials: true };

function requestHead(method: string, fields: readonly string[]): RequestHead {
  return {
    method,
    scheme: 'http',
    authority: 'localhost:15000',
    target: '/ledger/demo.Ledger/Get',
    version: '1.1',
    upgrade: undefined,
    expectation: undefined,
    fields,
  };
}

test('a page is one whose origin is named, however it is written', () => {
  const from = (origin: string, ...allowed: string[]) => callingPage(['Origin', origin], allowed);
  assert.deepEqual(from('https://app.example', 'https://app.example:443/'), PAGE);
  assert.equal(from('https://app.example', 'https://other.example'), undefined);
  assert.equal(from('http://app.example', 'https://app.example'), undefined);
  assert.equal(from('https://app.example'), undefined);
  assert.equal(callingPage(['host', 'app.example'], ['https://app.example']), undefined);
});

test('where every origin may call, no cookies come along', () => {
  assert.deepEqual(callingPage(['origin', 'https://any.example'], ['*']), {
    origin: 'https://any.example',
    credentials: false,
  });
});

test('a preflight request is allowed what it asks for', () => {
  const asked = [
    'access-control-request-method',
    'PUT',
    'access-control-request-headers',
    'x-grpc-web,x-mine',
  ];
  const response = preflightResponse(requestHead('OPTIONS', asked), PAGE);
  assert.equal(response?.head.status, 204);
  assert.deepEqual(response?.head.fields, [
    'access-control-allow-origin',
    'https://app.example',
    'vary',
    'origin',
    'access-control-allow-credentials',
    'true',
    'access-control-allow-methods',
    'PUT',
    'access-control-allow-headers',
    'x-grpc-web,x-mine',
    'access-control-max-age',
    '7200',
  ]);
  assert.equal(preflightResponse(requestHead('OPTIONS', []), PAGE), undefined);
  assert.equal(preflightResponse(requestHead('POST', asked), PAGE), undefined);
});

test('a page may read every field of a response, and nothing an endpoint says of pages counts', () => {
  const { status, fields } = readableHead(
    {
      status: 200,
      reasonPhrase: '',
      fields: ['content-type', 'text/plain', 'X-Mine', '1', 'access-control-allow-origin', '*'],
    },
    { ...PAGE, credentials: false },
  );
  assert.equal(status, 200);
  assert.equal(fieldValue(fields, 'access-control-allow-origin'), 'https://app.example');
  assert.equal(fieldValue(fields, 'access-control-allow-credentials'), undefined);
  assert.equal(fieldValue(fields, 'vary'), 'origin');
  assert.equal(
    fieldValue(fields, 'access-control-expose-headers'),
    'grpc-status, grpc-message, grpc-status-details-bin, content-type, x-mine',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcWebTypes } from '../../../../src/translate/grpc-web/content-types.ts';

test('the types of gRPC-Web, what the response has, and what the endpoint gets', () => {
  for (const [contentType, accept, requestIsText, response, endpoint] of [
    ['application/grpc-web', undefined, false, 'application/grpc-web+proto', 'application/grpc+proto'],
    ['application/grpc-web+proto', undefined, false, 'application/grpc-web+proto', 'application/grpc+proto'],
    ['Application/gRPC-Web+json; a=b', '*/*', false, 'application/grpc-web+json', 'application/grpc+json'],
    [
      'application/grpc-web-text',
      undefined,
      true,
      'application/grpc-web-text+proto',
      'application/grpc+proto',
    ],
    [
      'application/grpc-web-text-base64',
      undefined,
      true,
      'application/grpc-web-text+proto',
      'application/grpc+proto',
    ],
    [
      'application/grpc-web+proto',
      'application/grpc-web-text',
      false,
      'application/grpc-web-text+proto',
      'application/grpc+proto',
    ],
    [
      'application/grpc-web-text+proto',
      'application/grpc-web+proto',
      true,
      'application/grpc-web+proto',
      'application/grpc+proto',
    ],
  ] as const) {
    const fields = ['content-type', contentType, ...(accept === undefined ? [] : ['accept', accept])];
    assert.deepEqual(grpcWebTypes(fields), {
      requestIsText,
      responseIsText: response.includes('-text'),
      response,
      endpoint,
    });
  }
});

test('other requests are none of them', () => {
  for (const contentType of [
    'application/grpc',
    'application/grpc+proto',
    'application/grpc-webs',
    'application/json',
  ]) {
    assert.equal(grpcWebTypes(['content-type', contentType]), undefined, contentType);
  }
  assert.equal(grpcWebTypes([]), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcMessage, isGrpc } from '../../../src/http/grpc.ts';

test('a message of gRPC is known by its content type', () => {
  for (const type of [
    'application/grpc',
    'application/grpc+proto',
    'application/grpc; charset=utf-8',
    'Application/GRPC',
  ]) {
    assert.equal(isGrpc(['Content-Type', type]), true, type);
  }
  for (const type of [
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpcx',
    'text/plain',
  ]) {
    assert.equal(isGrpc(['content-type', type]), false, type);
  }
  assert.equal(isGrpc([]), false);
});

test('a text goes into grpc-message percent-encoded, and comes out of it as it was', () => {
  const text = 'no endpoint: 100 % of 3 are ejected\nü';
  const encoded = grpcMessage(text);
  assert.match(encoded, /^[\x20-\x7e]*$/);
  assert.equal(encoded, 'no endpoint: 100 %25 of 3 are ejected%0A%C3%BC');
  assert.equal(decodeURIComponent(encoded), text);
});

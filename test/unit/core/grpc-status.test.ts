import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  grpcStatusName,
  grpcStatusOfHttp,
  httpStatusOfGrpc,
  judgedStatus,
  statusText,
} from '../../../src/core/grpc-status.ts';

test('a status of gRPC has a name and a status of HTTP by which it is judged', () => {
  assert.equal(grpcStatusName(0), 'OK');
  assert.equal(grpcStatusName(14), 'UNAVAILABLE');
  assert.equal(grpcStatusName(16), 'UNAUTHENTICATED');
  assert.equal(grpcStatusName(17), '17');
  assert.deepEqual([0, 5, 8, 13, 14, 99].map(httpStatusOfGrpc), [200, 404, 429, 500, 503, 500]);
});

test('a response is called by gRPC’s status where there is one', () => {
  const texts = [{ status: 503 }, { status: 200, grpcStatus: 14 }, { status: 200, grpcStatus: 99 }].map(
    statusText,
  );
  assert.deepEqual(texts, ['503', 'UNAVAILABLE', 'grpc-status 99']);
});

test('a response is judged by gRPC’s status where there is one', () => {
  assert.equal(judgedStatus({ status: 200 }), 200);
  assert.equal(judgedStatus({ status: 200, grpcStatus: 14 }), 503);
  assert.equal(judgedStatus({ status: undefined }), undefined);
});

test('a response of HTTP without a status of gRPC is what clients make of it', () => {
  const statuses = [200, 302, 400, 401, 403, 404, 429, 500, 502, 503, 504].map((status) =>
    grpcStatusName(grpcStatusOfHttp(status)),
  );
  assert.deepEqual(statuses, [
    'UNKNOWN',
    'UNKNOWN',
    'INTERNAL',
    'UNAUTHENTICATED',
    'PERMISSION_DENIED',
    'UNIMPLEMENTED',
    'UNAVAILABLE',
    'UNKNOWN',
    'UNAVAILABLE',
    'UNAVAILABLE',
    'UNAVAILABLE',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedHttp2Trailers, allowedTrailers } from '../../../src/http/trailers.ts';

const NAMES = [
  'x-sum',
  'retry-after',
  'Authorization',
  'location',
  'content-length',
  'te',
  'x-ambassador-error',
];

const trailersOf = (...names: readonly string[]) => names.flatMap((name) => [name, '1']);

test('what says how a message is to be read comes too late in trailers', () => {
  assert.deepEqual(allowedTrailers(trailersOf(...NAMES)), trailersOf('x-sum'));
  assert.deepEqual(allowedHttp2Trailers(trailersOf(...NAMES)), trailersOf('x-sum'));
});

test('behind a status of gRPC stands metadata of any name, but for what is of a connection or of the ambassador', () => {
  assert.deepEqual(
    allowedHttp2Trailers(trailersOf('grpc-status', ...NAMES)),
    trailersOf('grpc-status', 'x-sum', 'retry-after', 'Authorization', 'location'),
  );
  assert.deepEqual(allowedTrailers(trailersOf('grpc-status', ...NAMES)), trailersOf('grpc-status', 'x-sum'));
});

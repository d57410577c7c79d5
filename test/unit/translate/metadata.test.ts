import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcMessage } from '../../../src/http/grpc.ts';
import { grpcEnd, requestMetadata, responseFields } from '../../../src/translate/metadata.ts';

const OWN = ['content-type', 'application/grpc', 'te', 'trailers'];

test('fields of the client become metadata of the same name, but for those of its message', () => {
  const fields = ['Authorization', 'Bearer a', 'Content-Type', 'application/json', 'Accept', '*/*'];
  const metadata = requestMetadata([...fields, 'Grpc-Timeout', '1S', 'X-Ids-Bin', 'AQI='], undefined);
  assert.deepEqual(metadata, [...OWN, 'authorization', 'Bearer a', 'x-ids-bin', 'AQI=']);
});

test('names that gRPC does not have are left out', () => {
  assert.deepEqual(requestMetadata(['x-a!', '1', 'x_b.c-d', '2'], undefined), [...OWN, 'x_b.c-d', '2']);
});

test("the client's time goes along in gRPC's terms, within eight digits", () => {
  const timeout = (ms: number) => requestMetadata([], ms).at(-1);
  assert.equal(timeout(250), '250m');
  assert.equal(timeout(0.2), '1m');
  assert.equal(timeout(100_000_000), '100000S');
});

test('metadata becomes fields of the same name, but for what gRPC says of the call', () => {
  const metadata = ['content-type', 'application/grpc', 'grpc-status', '0', 'grpc-encoding', 'identity'];
  assert.deepEqual(responseFields([...metadata, 'x-shard', '3']), ['x-shard', '3']);
});

test('a status is read with its message, percent-encoded or not, and its details', () => {
  const message = 'Größe: 100 %\n✓';
  const fields = ['grpc-status', '5', 'grpc-message', grpcMessage(message), 'grpc-status-details-bin', 'CAU'];
  const end = grpcEnd(fields);
  assert.equal(end?.code, 5);
  assert.equal(end?.message, message);
  assert.deepEqual([...(end?.details ?? [])], [8, 5]);
  assert.equal(grpcEnd(['grpc-status', '3', 'grpc-message', '50 %z'])?.message, '50 %z');
  assert.equal(grpcEnd(['x-a', '1']), undefined);
});

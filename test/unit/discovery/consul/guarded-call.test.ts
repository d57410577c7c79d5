import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { readInTurns } from '../../../../src/discovery/consul/guarded-call.ts';

const CHUNKS = 100;
const CHUNK = Buffer.alloc(64 * 1024, ' ');

test('a large answer is read a part a turn, so that other work is done between them', async () => {
  const response = new PassThrough({ highWaterMark: 2 * CHUNKS * CHUNK.length });
  for (let chunk = 0; chunk < CHUNKS; chunk++) response.write(CHUNK);
  response.end();
  let read = 0;
  const seen: number[] = [];
  let watching = setImmediate(function look() {
    seen.push(read);
    watching = setImmediate(look);
  });
  readInTurns(response);
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  await new Promise((resolve) => response.on('end', resolve));
  clearImmediate(watching);
  assert.equal(read, CHUNKS * CHUNK.length);
  const most = Math.max(...seen.map((bytes, index) => bytes - (seen[index - 1] ?? 0)));
  assert.ok(most <= 256 * 1024, `${most} bytes in one turn`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResetShare } from '../../../../src/http/http2/reset-share.ts';

function firstRefused(resets: (stream: number) => boolean, streams: number): number | undefined {
  const share = new ResetShare();
  for (let stream = 1; stream <= streams; stream++) {
    if (!share.admits(resets(stream))) return stream;
  }
  return undefined;
}

test('a client that resets all of its streams is found out after 500', () => {
  assert.equal(
    firstRefused(() => true, 1_000),
    500,
  );
});

test('one that resets less than half of them is not, however many they are', () => {
  assert.equal(
    firstRefused((stream) => stream % 5 < 2, 100_000),
    undefined,
  );
});

test('long good conduct does not outweigh a flood', () => {
  const refused = firstRefused((stream) => stream > 100_000, 200_000) ?? Number.POSITIVE_INFINITY;
  assert.ok(refused < 103_000, `refused at ${refused}`);
});

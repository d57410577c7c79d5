import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameTracker, GOING_AWAY, GOING_AWAY_MASKED } from '../../../src/proxy/websocket-frames.ts';

interface Frame {
  readonly opcode: number;
  readonly length: number;
  readonly masked: boolean;
}

function encoded({ opcode, length, masked }: Frame): Buffer {
  const header = [0x80 | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) header.push(mask | length);
  else if (length < 65_536) header.push(mask | 126, length >> 8, length & 0xff);
  else header.push(mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length + (masked ? 4 : 0), 0x88)]);
}

const FRAME = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 9, 10),
  length: fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(65_535, 65_536, 70_000)),
  masked: fc.boolean(),
});

test('the ends of frames are found in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(FRAME, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 }),
      (frames, sizes) => {
        const encodings = frames.map(encoded);
        const ends = new Set([0]);
        let end = 0;
        for (const { length } of encodings) {
          end += length;
          ends.add(end);
        }
        const bytes = Buffer.concat(encodings);
        const tracker = new FrameTracker();
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          const piece = bytes.subarray(at, at + size);
          assert.equal(tracker.advance(piece), piece.length);
          at += piece.length;
          assert.equal(tracker.between, ends.has(at), `at ${at}`);
        }
        assert.equal(tracker.closing, false);
      },
    ),
  );
});

test('it stops behind the first frame that ends', () => {
  const first = encoded({ opcode: 1, length: 200, masked: true });
  const second = encoded({ opcode: 8, length: 2, masked: false });
  const bytes = Buffer.concat([first, second]);
  const tracker = new FrameTracker();
  tracker.advance(bytes.subarray(0, 10));
  assert.equal(tracker.advance(bytes.subarray(10), true), first.length - 10);
  assert.deepEqual([tracker.between, tracker.closing], [true, false]);
  assert.equal(tracker.advance(bytes.subarray(first.length), true), second.length);
  assert.equal(tracker.closing, true);
});

test('the goodbye is a whole Close frame with 1001, masked for endpoints', () => {
  for (const [frame, mask] of [
    [GOING_AWAY, undefined],
    [GOING_AWAY_MASKED, GOING_AWAY_MASKED.subarray(2, 6)],
  ] as const) {
    const tracker = new FrameTracker();
    assert.equal(tracker.advance(frame, true), frame.length);
    assert.deepEqual([tracker.between, tracker.closing], [true, true]);
    const payload = frame.subarray(-2).map((byte, i) => byte ^ (mask?.[i] ?? 0));
    assert.equal(Buffer.from(payload).readUInt16BE(), 1001);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseReader } from '../../bench/load/response-reader.ts';

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxxxxx';
const EMPTY = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\n0\r\n\r\n';

test('an answer is complete with its last byte and not before, however it is cut', () => {
  fc.assert(
    fc.property(fc.constantFrom(SIZED, EMPTY, CHUNKED), fc.array(fc.nat({ max: 80 })), (answer, cuts) => {
      const reader = new ResponseReader();
      const bytes = Buffer.from(answer);
      const ends = [...new Set(cuts.filter((cut) => cut > 0 && cut < bytes.length))].toSorted(
        (a, b) => a - b,
      );
      let from = 0;
      for (const end of ends) {
        assert.equal(reader.read(bytes.subarray(from, end)), false);
        from = end;
      }
      assert.equal(reader.read(bytes.subarray(from)), true);
    }),
  );
});

test('a connection carries one answer after another', () => {
  const reader = new ResponseReader();
  assert.equal(reader.read(Buffer.from(EMPTY)), true);
  assert.equal(reader.status, 503);
  assert.equal(reader.read(Buffer.from(SIZED)), true);
  assert.equal(reader.status, 200);
});

test('what is no answer, or longer than it says, is refused', () => {
  assert.throws(() => new ResponseReader().read(Buffer.from('SSH-2.0\r\n\r\n')), /not an answer/);
  assert.throws(() => new ResponseReader().read(Buffer.from(`${EMPTY}x`)), /longer/);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyToSlab, keep, ReadSlab, recycle } from '../../../src/net/slabs.ts';

/** Fills what a slab taken next would overwrite. */
function overwriteFreeSlabs(): void {
  const slabs = Array.from({ length: 20 }, () => new ReadSlab());
  for (const slab of slabs) slab.bytes.fill('!');
  for (const slab of slabs) slab.close();
}

describe('a slab', () => {
  it('is used again once all chunks lent from it came back, and not before', () => {
    const slab = new ReadSlab();
    slab.bytes.write('abcdef');
    const [first, second] = [slab.lend(0, 3), slab.lend(3, 6)];
    slab.renew();
    recycle(first);
    overwriteFreeSlabs();
    assert.equal(second.toString(), 'def');
    recycle(second);
    overwriteFreeSlabs();
    assert.equal(second.toString(), '!!!');
  });

  it('is read into again when nothing of it is out', () => {
    const slab = new ReadSlab();
    const { bytes } = slab;
    slab.renew();
    assert.equal(slab.bytes, bytes);
    slab.lend(0, 1);
    slab.renew();
    assert.notEqual(slab.bytes, bytes);
  });

  it('is never used again while a chunk of it is kept', () => {
    const chunk = copyToSlab(Buffer.from('xabcx'), 1, 4);
    keep(chunk);
    recycle(chunk);
    overwriteFreeSlabs();
    assert.equal(chunk.toString(), 'abc');
  });

  it('comes back with the chunk that was lent, not with a part of it, and only once', () => {
    const chunk = copyToSlab(Buffer.from('abc'), 0, 3);
    recycle(chunk.subarray(0, 1));
    overwriteFreeSlabs();
    assert.equal(chunk.toString(), 'abc');
    recycle(chunk);
    recycle(chunk);
    const [one, other] = [new ReadSlab(), new ReadSlab()];
    assert.notEqual(one.bytes, other.bytes);
    recycle(Buffer.from('no slab'));
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { FileDescription } from '../../../../src/translate/description/file-description.ts';
import { methodNames } from '../../../support/described-methods.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { descriptorSet, ITEM_FILE, shopFile } from '../../../support/shop-descriptors.ts';

async function followed(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'descriptors-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'shop.binpb');
  await writeFile(path, descriptorSet(ITEM_FILE, shopFile(['Get'])));
  const clock = new FakeClock();
  const changes: (string | undefined)[] = [];
  let touched = () => {};
  let watching = false;
  const description = await FileDescription.read(path, {
    clock,
    watcher: (_path, onTouched) => {
      touched = onTouched;
      return {
        start: () => {
          watching = true;
        },
        close: () => {
          watching = false;
        },
      };
    },
    changed: (_path, fault) => changes.push(fault),
  });
  return { description, path, clock, changes, touched: () => touched(), watching: () => watching };
}

test('takes what the file says when it has changed', async (t) => {
  const { description, path, clock, changes, touched } = await followed(t);
  const first = description.current;
  assert.deepEqual(methodNames(first), ['shop.v1.Shop/Get']);
  clock.advance(5_000);
  await writeFile(path, descriptorSet(ITEM_FILE, shopFile(['Get', 'Put'])));
  touched();
  await eventually(() => assert.notEqual(description.current, first));
  assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Get', 'shop.v1.Shop/Put']);
  assert.equal(description.confirmedAtWall, clock.wallTime());
  assert.deepEqual(changes, [undefined]);
});

test('keeps the same object while the file says the same', async (t) => {
  const { description, clock, changes, touched } = await followed(t);
  const first = description.current;
  clock.advance(5_000);
  touched();
  await eventually(() => assert.equal(description.confirmedAtWall, clock.wallTime()));
  assert.equal(description.current, first);
  assert.deepEqual(changes, []);
});

test('keeps the last good one, says what is wrong once, and recovers', async (t) => {
  const { description, path, changes, touched } = await followed(t);
  const first = description.current;
  await writeFile(path, 'half');
  touched();
  await eventually(() => assert.match(description.fault ?? '', /shop\.binpb is something else/));
  await rm(path);
  touched();
  await eventually(() => assert.match(description.fault ?? '', /shop\.binpb cannot be read: /));
  assert.equal(description.current, first);
  assert.equal(await description.ready(), first);
  await writeFile(`${path}.new`, descriptorSet(ITEM_FILE, shopFile(['Get'])));
  await rename(`${path}.new`, path);
  touched();
  await eventually(() => assert.equal(description.fault, undefined));
  assert.equal(changes.length, 3, String(changes));
  assert.equal(changes[2], undefined);
});

test('cannot be had without a file that can be used', async () => {
  const parts = {
    clock: new FakeClock(),
    watcher: () => ({ start: () => {}, close: () => {} }),
    changed: () => {},
  };
  await assert.rejects(FileDescription.read('/nowhere/shop.binpb', parts), {
    name: 'DescriptorFault',
    message: /^\/nowhere\/shop\.binpb cannot be read: .*ENOENT/,
  });
  await assert.rejects(FileDescription.read(tmpdir(), parts), /cannot be read: it is not a file/);
});

test('is watched until it is closed', async (t) => {
  const { description, watching } = await followed(t);
  assert.equal(watching(), false);
  description.watch();
  assert.equal(watching(), true);
  description.close();
  assert.equal(watching(), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { ReflectedDescription } from '../../../../src/translate/reflection/reflected-description.ts';
import { methodNames } from '../../../support/described-methods.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import type { Reflectable } from '../../../support/reflection-responder.ts';
import type { ScriptedReflection } from '../../../support/scripted-reflection.ts';
import { scriptedReflection } from '../../../support/scripted-reflection.ts';
import { ITEM_FILE, shopFile } from '../../../support/shop-descriptors.ts';

function shop(...methods: string[]): Reflectable {
  return { services: ['shop.v1.Shop'], files: [shopFile(methods), ITEM_FILE] };
}

function follow(reflection: ScriptedReflection) {
  const clock = new FakeClock();
  const changes: (string | undefined)[] = [];
  const description = new ReflectedDescription({
    call: reflection.call,
    clock,
    random: () => 0.5,
    changed: (fault) => changes.push(fault),
  });
  return { clock, changes, description };
}

const runs = ({ called }: ScriptedReflection, callsOfOne = 3) => called.length / callsOfOne;

/** More turns of the event loop than one run takes. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await settle();
}

test('asks with the first request, and has all that wait share it', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, changes } = follow(reflection);
  assert.equal(description.current, undefined);
  const all = await Promise.all([description.ready(1_000), description.ready(1_000)]);
  assert.equal(all[0], all[1]);
  assert.equal(all[0], description.current);
  assert.deepEqual(methodNames(all[0]), ['shop.v1.Shop/Get']);
  assert.equal(runs(reflection), 1);
  assert.deepEqual(changes, [undefined]);
  assert.deepEqual(description.origin, { kind: 'reflection', version: 'v1', saved: false });
});

test('asks at once when the first instances are known', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, clock } = follow(reflection);
  description.instancesChanged();
  clock.advance(0);
  await settled();
  assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Get']);
});

test('asks once for a burst of changes, and again for those that come meanwhile', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, clock } = follow(reflection);
  const before = await description.ready(1_000);
  reflection.serve(shop('Get', 'Put'));
  for (let i = 0; i < 5; i++) {
    description.instancesChanged();
    await clock.advanceAsync(50);
  }
  assert.equal(runs(reflection), 1);
  assert.equal(description.current, before);
  clock.advance(250);
  description.instancesChanged();
  await settled();
  assert.equal(runs(reflection), 2);
  assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Get', 'shop.v1.Shop/Put']);
  clock.advance(500);
  await settled();
  assert.equal(runs(reflection), 3);
});

test('keeps the same object while the endpoints say the same', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, clock, changes } = follow(reflection);
  const before = await description.ready(1_000);
  await clock.advanceAsync(600_000);
  await settled();
  assert.equal(runs(reflection), 2, 'asked again from time to time');
  assert.equal(description.current, before);
  assert.equal(description.confirmedAtWall, clock.wallTime());
  assert.deepEqual(changes, [undefined]);
});

test('keeps the last good one, asks ever more seldom, and recovers', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, clock, changes } = follow(reflection);
  const before = await description.ready(1_000);
  reflection.serve(new AmbassadorError('no_healthy_endpoint', 'None is healthy.'));
  description.instancesChanged();
  clock.advance(500);
  await settled();
  assert.equal(description.fault, 'None is healthy');
  assert.equal(description.current, before);
  assert.equal(await description.ready(1_000), before);
  reflection.called.length = 0;
  for (let s = 0; s < 300; s++) await clock.advanceAsync(1_000);
  const asked = reflection.called.length;
  assert.ok(asked >= 5 && asked <= 20, `${asked} times in five minutes`);
  assert.deepEqual(changes, [undefined, 'None is healthy']);
  reflection.serve(shop('Get'));
  await clock.advanceAsync(61_000);
  await settled();
  assert.equal(description.fault, undefined);
  assert.equal(description.current, before);
  assert.deepEqual(changes, [undefined, 'None is healthy', undefined]);
});

test('asks another endpoint at once when one dies while it responds, and not without end', async () => {
  const reflection = scriptedReflection(shop('Get'));
  let alive = 0;
  const changes: (string | undefined)[] = [];
  const clock = new FakeClock();
  const description = new ReflectedDescription({
    call: (path, requests) => {
      if (alive++ < 2) throw new AmbassadorError('upstream_reset', 'The response broke off.');
      return reflection.call(path, requests);
    },
    clock,
    random: () => 0.5,
    changed: (fault) => changes.push(fault),
  });
  assert.deepEqual(methodNames(await description.ready(1_000)), ['shop.v1.Shop/Get']);
  alive = Number.NEGATIVE_INFINITY;
  description.instancesChanged();
  await clock.advanceAsync(500);
  await settled();
  assert.deepEqual(changes, [undefined, 'The response broke off']);
  description.close();
});

test('refuses with the fault, and has requests ask again, though not at once', async () => {
  const reflection = scriptedReflection(undefined);
  const { description, clock } = follow(reflection);
  const refused = {
    name: 'AmbassadorError',
    reason: 'description_unavailable',
    message: /no server reflection/,
  };
  await assert.rejects(description.ready(1_000), refused);
  const asked = reflection.called.length;
  await assert.rejects(description.ready(1_000), refused);
  assert.equal(reflection.called.length, asked);
  clock.advance(999);
  reflection.serve(shop('Get'));
  await assert.rejects(description.ready(1_000), refused);
  clock.advance(1);
  assert.deepEqual(methodNames(await description.ready(1_000)), ['shop.v1.Shop/Get']);
});

test('lets a request wait no longer than it can', async () => {
  const clock = new FakeClock();
  const description = new ReflectedDescription({
    call: () => new Promise(() => {}),
    clock,
    random: () => 0.5,
    changed: () => {},
  });
  const waiting = assert.rejects(description.ready(200), {
    reason: 'description_unavailable',
    message: /have not responded/,
  });
  await clock.advanceAsync(200);
  await waiting;
  description.close();
  assert.equal(clock.pendingTimers, 0);
});

test('begins with what was saved, until the endpoints respond', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const first = follow(reflection);
  await first.description.ready(1_000);
  const { saved } = first.description;
  assert.ok(saved);
  const { description, clock } = follow(reflection);
  description.restore({ ...saved, confirmedAt: clock.wallTime() - 60_000 });
  assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Get']);
  assert.deepEqual(description.origin, { kind: 'reflection', version: undefined, saved: true });
  assert.equal(description.confirmedAtWall, clock.wallTime() - 60_000);
  reflection.serve(shop('Put'));
  description.instancesChanged();
  clock.advance(500);
  await settled();
  assert.deepEqual(methodNames(description.current), ['shop.v1.Shop/Put']);
  assert.deepEqual(description.origin, { kind: 'reflection', version: 'v1', saved: false });
  assert.throws(() => follow(reflection).description.restore({ ...saved, files: 'AAAA' }));
});

test('is silent once it is closed', async () => {
  const reflection = scriptedReflection(shop('Get'));
  const { description, clock, changes } = follow(reflection);
  const waiting = assert.rejects(description.ready(1_000), { reason: 'description_unavailable' });
  description.close();
  await waiting;
  description.instancesChanged();
  await settled();
  assert.equal(description.current, undefined);
  assert.deepEqual(changes, []);
  assert.equal(clock.pendingTimers, 0);
});

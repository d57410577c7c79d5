import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointDeaths } from '../../../../src/policy/retry/endpoint-deaths.ts';

test('All that was under way at an endpoint when it died went down with it, however much and however late it is found', () => {
  const deaths = new EndpointDeaths();
  for (let attempt = 0; attempt < 500; attempt++) {
    assert.equal(deaths.explains({ endpointId: 'a', startedAt: attempt }, 1_000 + attempt * 10), true);
  }
});

test('What was sent to an endpoint after it had died is another death', () => {
  const deaths = new EndpointDeaths();
  let explained = 0;
  for (let attempt = 0; attempt < 100; attempt++) {
    if (deaths.explains({ endpointId: 'a', startedAt: 1_000 + attempt }, 1_000.5 + attempt)) explained++;
  }
  assert.equal(explained, 10);
});

test('Several endpoints may die at once, each with all that it has under way', () => {
  const deaths = new EndpointDeaths();
  for (let round = 0; round < 50; round++) {
    for (const endpointId of ['a', 'b', 'c']) {
      assert.equal(deaths.explains({ endpointId, startedAt: 0 }, 1_000 + round), true);
    }
  }
});

test('Where every endpoint loses attempts all the time, one death a second explains them', () => {
  const deaths = new EndpointDeaths();
  let explained = 0;
  for (let ms = 0; ms < 60_000; ms += 5) {
    // Each attempt takes 20 ms, and all are lost.
    if (deaths.explains({ endpointId: `endpoint-${(ms / 5) % 3}`, startedAt: ms - 20 }, ms)) explained++;
  }
  const lost = 60_000 / 5;
  // Ten and one a second, each with what three endpoints have under way.
  assert.ok(explained < 70 * 3, `${explained} of ${lost}`);
});

test('A death is over after ten seconds', () => {
  const deaths = new EndpointDeaths();
  for (let i = 0; i < 10; i++) deaths.explains({ endpointId: `endpoint-${i}`, startedAt: 0 }, 0);
  assert.equal(deaths.explains({ endpointId: 'endpoint-0', startedAt: 0 }, 500), true);
  assert.equal(deaths.explains({ endpointId: 'another', startedAt: 0 }, 500), false);
  // All tokens are back, and the deaths before are forgotten: each is one again.
  let explained = 0;
  for (let i = 0; i < 20; i++) {
    if (deaths.explains({ endpointId: `endpoint-${i}`, startedAt: 0 }, 60_000)) explained++;
  }
  assert.equal(explained, 10);
});

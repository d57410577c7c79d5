import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { Waiters } from '../../../src/discovery/waiters.ts';

describe('Waiters', () => {
  it('go on when they are woken, and leave no listener on a signal that lives on', async () => {
    const waiters = new Waiters();
    const { signal } = new AbortController();
    const both = Promise.all([waiters.wait(signal), waiters.wait(signal)]);
    assert.equal(waiters.size, 2);
    waiters.wake();
    await both;
    assert.equal(waiters.size, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('are forgotten when their signal aborts', async () => {
    const waiters = new Waiters();
    const patience = new AbortController();
    const waiting = waiters.wait(patience.signal);
    patience.abort();
    await waiting;
    assert.equal(waiters.size, 0);
  });

  it('do not begin to wait on an aborted signal', async () => {
    const waiters = new Waiters();
    await waiters.wait(AbortSignal.abort());
    assert.equal(waiters.size, 0);
  });
});

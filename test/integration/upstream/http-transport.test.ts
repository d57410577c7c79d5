import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptObserver, TransportFailure } from '../../../src/http/attempt.ts';
import { testTarget, testTransport } from '../../support/test-transport.ts';
import { startUpstream } from '../../support/upstreams.ts';

const TRANSPORT = testTransport();

const REQUEST = { method: 'POST', path: '/', fields: [], body: undefined, upgrade: undefined };

function observer(closed: (failure: TransportFailure | undefined) => void): AttemptObserver {
  return {
    sending: () => {},
    sent: () => {},
    informational: () => {},
    head: (response) => response.deliver({ data: () => true, end: () => {}, broken: () => {} }),
    upgraded: () => {},
    closed,
  };
}

test('what is sent to an endpoint that has left was never sent, whether or not it was called before', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end());
  for (const calledBefore of [true, false]) {
    const connections = TRANSPORT.connect(testTarget(upstream.port));
    const send = () =>
      new Promise<TransportFailure | undefined>((resolve) => connections.send(REQUEST, observer(resolve)));
    if (calledBefore) assert.equal(await send(), undefined);
    connections.close();
    connections.close();
    const failure = await send();
    assert.equal(failure?.reason, 'connect_failure');
    assert.equal(failure.neverSent, true);
  }
  assert.deepEqual(upstream.seen, ['POST /']);
});

test('an endpoint that was never called has no connection when it leaves', () => {
  const connections = TRANSPORT.connect(testTarget(1));
  connections.close();
  assert.equal(connections.open, 0);
});

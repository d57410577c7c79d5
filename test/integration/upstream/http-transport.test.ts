import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/core/system-clock.ts';
import type { AttemptObserver, TransportFailure } from '../../../src/http/attempt.ts';
import { newAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { testTarget, testTransport } from '../../support/test-transport.ts';
import { startTlsUpstream, testTlsDialer } from '../../support/tls-endpoints.ts';
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

test('what waits for an endpoint to choose the version of HTTP is sent, though the endpoint has left meanwhile', async (t) => {
  const authority = newAuthority();
  const upstream = await startTlsUpstream(
    t,
    authority.issue({ dns: ['payments.test'] }),
    (_request, response) => response.writeHead(200, { connection: 'close' }).end(),
  );
  const transport = testTransport({}, systemClock, testTlsDialer({ ca: authority.cert }));
  for (const calledBefore of [true, false]) {
    const connections = transport.connect(testTarget(upstream.port));
    const send = () =>
      new Promise<TransportFailure | undefined>((resolve) => connections.send(REQUEST, observer(resolve)));
    if (calledBefore) {
      assert.equal(await send(), undefined);
      await eventually(() => assert.equal(connections.open, 0));
    }
    const [first, second] = [send(), send()];
    connections.close();
    assert.deepEqual(await Promise.all([first, second]), [undefined, undefined]);
    await eventually(() => assert.equal(connections.open, 0));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointConnections } from '../../../src/http/attempt.ts';
import { TcpDialer } from '../../../src/net/dial.ts';
import { UpstreamEndpoint } from '../../../src/upstream/upstream-endpoint.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

/** A transport whose connections say what becomes of them. */
function recordingTransport(name: string, said: string[]) {
  return {
    dialer: new TcpDialer(),
    connect: (): EndpointConnections => {
      said.push(`${name} made`);
      const close = () => void said.push(`${name} closed`);
      return { send: () => ({ cancel: () => {}, progress: undefined }), close, open: 0 };
    },
  };
}

function endpointOver(transport: ReturnType<typeof recordingTransport>): UpstreamEndpoint {
  return new UpstreamEndpoint(testEndpoint({}), {
    transport,
    unreached: () => {},
    slowStart: { window: 0, aggression: 1, minimumWeightPercent: 10 },
    latencyDecayMs: 1_000,
    seenAt: 0,
    joinedAt: undefined,
  });
}

test('an endpoint that is not called has no connections, and nothing of it is closed', () => {
  const said: string[] = [];
  const endpoint = endpointOver(recordingTransport('first', said));
  endpoint.reconnect(recordingTransport('second', said));
  endpoint.close();
  assert.deepEqual(said, []);
});

test('its connections are made once, and anew after another way was chosen', () => {
  const said: string[] = [];
  const endpoint = endpointOver(recordingTransport('first', said));
  const { connections } = endpoint;
  assert.equal(endpoint.connections, connections);
  endpoint.reconnect(recordingTransport('second', said));
  assert.notEqual(endpoint.connections, connections);
  assert.deepEqual(said, ['first made', 'first closed', 'second made']);
});

test('an attempt that comes to an endpoint which has left meets connections that are closed', () => {
  const said: string[] = [];
  const endpoint = endpointOver(recordingTransport('only', said));
  endpoint.close();
  assert.ok(endpoint.connections);
  assert.deepEqual(said, ['only made', 'only closed']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServiceDefaults } from '../../../../src/discovery/consul/service-defaults.ts';

test('what defaults ask for and is not done is named by its key, and what they leave empty is not', () => {
  const { protocol, notDone } = readServiceDefaults({
    ...{
      Kind: 'service-defaults',
      Name: 'payments',
      Meta: { team: 'money' },
      CreateIndex: 7,
      ModifyIndex: 9,
    },
    Protocol: 'grpc',
    Mode: 'transparent',
    TransparentProxy: { OutboundListenerPort: 0, DialedDirectly: true },
    MeshGateway: { Mode: 'local' },
    ExternalSNI: 'payments.example.com',
    UpstreamConfig: { Overrides: [{ Name: 'orders', ConnectTimeoutMs: 100 }] },
    Destination: { Addresses: ['payments.example.com'], Port: 443 },
    EnvoyExtensions: [{ Name: 'builtin/lua' }],
    SomethingNew: 1,
  });
  assert.equal(protocol, 'grpc');
  assert.deepEqual(notDone, [
    ...['Mode', 'TransparentProxy', 'MeshGateway', 'ExternalSNI', 'UpstreamConfig', 'Destination'],
    ...['EnvoyExtensions', 'SomethingNew'],
  ]);

  const empty = {
    ...{ Protocol: '', Mode: '', MeshGateway: {}, Expose: {}, ExternalSNI: '', EnvoyExtensions: [] },
    ...{ TransparentProxy: { OutboundListenerPort: 0, DialedDirectly: false }, Destination: null },
    UpstreamConfig: { Defaults: { MeshGateway: {}, PassiveHealthCheck: null }, Overrides: null },
  };
  assert.deepEqual(readServiceDefaults(empty), { protocol: undefined, notDone: [] });
});

test('defaults are not told to ask for what is done anyway, nor for what the other side does', () => {
  const modes = { MeshGateway: { Mode: 'none' }, Mode: 'direct' };
  const arriving = {
    ...{ Expose: { Checks: true }, MaxInboundConnections: 5, BalanceInboundConnections: 'exact_balance' },
    ...{ LocalConnectTimeoutMs: 100, LocalRequestTimeoutMs: 100, MutualTLSMode: 'permissive' },
    RateLimits: { InstanceLevel: { RequestsPerSecond: 5 } },
  };
  assert.deepEqual(readServiceDefaults({ ...modes, ...arriving }).notDone, []);
});

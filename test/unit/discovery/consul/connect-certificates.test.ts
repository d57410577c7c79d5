import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLeaf, readRoots } from '../../../../src/discovery/consul/connect-certificates.ts';
import { readHealthRow } from '../../../../src/discovery/consul/consul-health.ts';

test('every root that Consul lists is trusted, the active one and those before it', () => {
  const roots = [
    { RootCert: 'new', Active: true },
    { RootCert: 'old', Active: false },
  ];
  assert.deepEqual(readRoots({ TrustDomain: 'x.consul', Roots: roots }), {
    authorities: ['new', 'old'],
    trustDomain: 'x.consul',
  });
  for (const body of [
    null,
    [],
    {},
    { TrustDomain: 'x.consul', Roots: [] },
    { TrustDomain: '', Roots: roots },
  ])
    assert.equal(readRoots(body), undefined);
});

test('a leaf is a certificate, its key and its end', () => {
  const leaf = { CertPEM: 'c', PrivateKeyPEM: 'k', ValidBefore: '2026-11-30T00:00:00Z' };
  assert.deepEqual(readLeaf(leaf), {
    own: { certificate: 'c', key: 'k' },
    expiresAt: Date.UTC(2026, 10, 30),
  });
  for (const part of ['CertPEM', 'PrivateKeyPEM', 'ValidBefore'])
    assert.equal(readLeaf({ ...leaf, [part]: undefined }), undefined);
});

test('an endpoint of the mesh is known by the service behind it', () => {
  const Node = { Node: 'n', Address: '10.0.0.1', Datacenter: 'dc2' };
  const pathOf = (service: object, connect = true) =>
    readHealthRow({ Node, Service: { ID: 'i', Port: 1, ...service } }, { taggedAddress: undefined, connect })
      ?.spiffePath;
  const proxy = { Kind: 'connect-proxy', Service: 'a-proxy', Proxy: { DestinationServiceName: 'a' } };
  assert.equal(pathOf(proxy), '/ns/default/dc/dc2/svc/a');
  assert.equal(pathOf({ Service: 'native', Connect: { Native: true } }), '/ns/default/dc/dc2/svc/native');
  assert.equal(pathOf({ ...proxy, Namespace: 'team', Partition: 'eu' }), '/ap/eu/ns/team/dc/dc2/svc/a');
  assert.equal(pathOf(proxy, false), undefined);
});

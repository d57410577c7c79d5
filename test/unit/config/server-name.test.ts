import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';

for (const [what, settings, expected] of [
  ['the name that is sent as Host', 'host: payments.internal, tls: {}', 'payments.internal'],
  ['that name without its port', 'host: "payments.internal:8443", tls: {}', 'payments.internal'],
  ['what tls says itself', 'host: payments.internal, tls: { serverName: other.internal }', 'other.internal'],
  ['the address of each endpoint without a name', 'tls: {}', undefined],
  ['that address with host: keep', 'host: keep, tls: {}', undefined],
  ['that address with host: endpoint', 'host: endpoint, tls: {}', undefined],
  ['that address where Host is an address', 'host: 10.0.0.1, tls: {}', undefined],
] as const) {
  test(`an endpoint's name over TLS is ${what}`, () => {
    const text = `services: { payments: { ${settings} } }\ndefaults: { ${settings} }`;
    const { services, defaultPolicy } = parseConfig({ file: 'a.yaml', text }, {});
    assert.equal(services.get('payments')?.policy.tls?.serverName, expected);
    assert.equal(defaultPolicy.tls?.serverName, expected);
  });
}

test('a service whose defaults have TLS takes its own host', () => {
  const text = 'services: { payments: { host: payments.internal } }\ndefaults: { tls: {} }';
  const { services } = parseConfig({ file: 'a.yaml', text }, {});
  assert.equal(services.get('payments')?.policy.tls?.serverName, 'payments.internal');
});

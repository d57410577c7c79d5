import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dnsOptions, staticEndpoints } from '../../../src/discovery/endpoint-options.ts';
import { authorityOf } from '../../../src/endpoint/endpoint.ts';

interface Parsed {
  readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined;
}

function complaint(parsed: Parsed): string {
  return parsed.error?.issues[0]?.message ?? '';
}

describe('fixed endpoints in the configuration', () => {
  it('are read as address and port, and written as they were read', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (address, port) => {
        const written = authorityOf({ address, port });
        assert.deepEqual(staticEndpoints.parse([written]), [{ address, port }]);
      }),
    );
  });

  it('may be names with underscores, as clusters and Compose make them', () => {
    assert.deepEqual(staticEndpoints.parse(['my_app_1:80']), [{ address: 'my_app_1', port: 80 }]);
  });

  it('may be unix sockets of this machine', () => {
    assert.deepEqual(staticEndpoints.parse(['unix:/run/payments.sock']), [
      { address: '', port: 0, socketPath: '/run/payments.sock' },
    ]);
  });

  for (const [written, expected] of [
    ['unix:run/payments.sock', /absolute path of at most 103 bytes after unix:/],
    [`unix:/${'x'.repeat(103)}`, /absolute path of at most 103 bytes after unix:/],
    ['10.0.0.7', /a port as well, such as 10\.0\.0\.7:8080/],
    ['payments', /a port as well, such as payments:8080/],
    ['fd00::7', /IPv6 address in brackets/],
    ['fd00::7:8080', /IPv6 address in brackets/],
    ['[payments]:80', /IPv6 address in the brackets/],
    ['http://payments:80', /without http:\/\//],
    ['payments:0', /port from 1 to 65535/],
    ['payments:65536', /port from 1 to 65535/],
    ['10.0.0.256:80', /expected host:port, such as/],
    ['10.0.7:80', /expected host:port, such as/],
    [':80', /expected host:port, such as/],
    ['a b:80', /expected host:port, such as/],
    ['payments:http', /expected host:port, such as/],
    ['-a:80', /expected host:port, such as/],
    ['', /expected host:port, such as/],
  ] as const) {
    it(`are not ${JSON.stringify(written)}, and the message says why`, () => {
      assert.match(complaint(staticEndpoints.safeParse([written])), expected);
    });
  }

  it('are at least one', () => {
    assert.match(complaint(staticEndpoints.safeParse([])), /at least one endpoint/);
  });

  it('are listed once each', () => {
    const { error } = staticEndpoints.safeParse(['a:80', 'b:80', 'a:80']);
    assert.deepEqual(
      error?.issues.map(({ path, message }) => [path, message]),
      [[[2], 'expected each endpoint once']],
    );
  });
});

describe('DNS in the configuration', () => {
  it('looks for addresses unless told otherwise', () => {
    assert.deepEqual(dnsOptions.parse({ name: 'payments.internal', port: 80 }), {
      name: 'payments.internal',
      record: 'A',
      port: 80,
      server: undefined,
    });
  });

  it('takes the port of SRV from the record', () => {
    const options = { name: '_http._tcp.payments.internal.', record: 'SRV', server: '127.0.0.1:8600' };
    assert.deepEqual(dnsOptions.parse(options), options);
  });

  it('takes the addresses of servers of either family, with and without a port', () => {
    for (const server of ['127.0.0.1', '127.0.0.1:53', '::1', '[::1]:8600']) {
      assert.ok(dnsOptions.safeParse({ name: 'a', port: 80, server }).success, server);
    }
  });

  for (const [written, expected] of [
    [{ name: 'a' }, /expected a port as well/],
    [{ name: 'a', record: 'SRV', port: 80 }, /expected no port/],
    [{ name: 'a', port: 0 }, /from 1 to 65535/],
    [{ name: '10.0.0.7', port: 80 }, /belongs under endpoints/],
    [{ name: '::1', port: 80 }, /belongs under endpoints/],
    [{ name: 'a..b', port: 80 }, /expected a name in DNS/],
    [{ name: '', port: 80 }, /expected a name in DNS/],
    [{ name: 'a', port: 80, record: 'MX' }, /expected one of A, SRV/],
    [{ name: 'a', port: 80, server: 'dns.example' }, /expected an IP address/],
    [{ name: 'a', port: 80, server: '127.0.0.1:0' }, /expected an IP address/],
    [{ name: 'a', port: 80, server: '[127.0.0.1]:53' }, /expected an IP address/],
  ] as const) {
    it(`is not ${JSON.stringify(written)}, and the message says why`, () => {
      assert.match(complaint(dnsOptions.safeParse(written)), expected);
    });
  }
});

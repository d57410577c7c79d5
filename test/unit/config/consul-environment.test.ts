import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONSUL_VARIABLES } from '../../../src/config/consul-environment.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { ConsulConfig } from '../../../src/config/types.ts';

function consul(environment: Record<string, string>, text = ''): ConsulConfig {
  return parseConfig({ file: 'a.yaml', text }, environment).consul;
}

describe("Consul's environment variables", () => {
  it('give the address in every form that Consul takes', () => {
    const addresses = {
      '10.0.0.1:8500': 'http://10.0.0.1:8500',
      'consul.example:80': 'http://consul.example:80',
      'http://10.0.0.1:8500': 'http://10.0.0.1:8500',
      'https://10.0.0.1:8501': 'https://10.0.0.1:8501',
      'unix:///run/consul.sock': 'unix:///run/consul.sock',
    };
    for (const [written, read] of Object.entries(addresses)) {
      assert.equal(consul({ CONSUL_HTTP_ADDR: written }).address, read);
    }
  });

  it('turn to TLS with CONSUL_HTTP_SSL, whatever the address says', () => {
    assert.equal(consul({ CONSUL_HTTP_SSL: 'true' }).address, 'https://127.0.0.1:8500');
    assert.equal(consul({ CONSUL_HTTP_SSL: '1', CONSUL_HTTP_ADDR: 'a:1' }).address, 'https://a:1');
    assert.equal(consul({ CONSUL_HTTP_SSL: 'T', CONSUL_HTTP_ADDR: 'http://a:1' }).address, 'https://a:1');
    assert.equal(consul({ CONSUL_HTTP_SSL: 'false', CONSUL_HTTP_ADDR: 'a:1' }).address, 'http://a:1');
  });

  it('give what else TLS needs', () => {
    const { tls } = consul({
      CONSUL_CACERT: '/ca.pem',
      CONSUL_CAPATH: '/ca',
      CONSUL_CLIENT_CERT: '/cert.pem',
      CONSUL_CLIENT_KEY: '/key.pem',
      CONSUL_TLS_SERVER_NAME: 'server.dc1.consul',
      CONSUL_HTTP_SSL_VERIFY: '0',
    });
    assert.deepEqual(tls, {
      caFile: '/ca.pem',
      caPath: '/ca',
      certFile: '/cert.pem',
      keyFile: '/key.pem',
      serverName: 'server.dc1.consul',
      verify: false,
    });
  });

  it('give namespace and partition', () => {
    const { namespace, partition } = consul({ CONSUL_NAMESPACE: 'a', CONSUL_PARTITION: 'b' });
    assert.deepEqual([namespace, partition], ['a', 'b']);
  });

  it('give the token; a token file wins over a token', () => {
    assert.equal(consul({ CONSUL_HTTP_TOKEN: 't' }).token, 't');
    const both = consul({ CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: '/f' });
    assert.deepEqual([both.token, both.tokenFile], [undefined, '/f']);
  });

  it('give way to the file', () => {
    const environment = {
      CONSUL_HTTP_ADDR: 'env:1',
      CONSUL_HTTP_SSL: 'true',
      CONSUL_HTTP_TOKEN_FILE: '/env',
      CONSUL_CACERT: '/env.pem',
      CONSUL_NAMESPACE: 'env',
    };
    const read = consul(
      environment,
      'consul: { address: "http://file:1", token: file, tls: { keyFile: /k, certFile: /c } }',
    );
    assert.deepEqual(
      [read.address, read.token, read.tokenFile, read.namespace],
      ['http://file:1', 'file', undefined, 'env'],
    );
    assert.deepEqual([read.tls.caFile, read.tls.keyFile], ['/env.pem', '/k']);
  });

  it('count as unset when they are empty', () => {
    const empty = Object.fromEntries(Object.keys(CONSUL_VARIABLES).map((name) => [name, '']));
    assert.deepEqual(consul(empty), consul({}));
  });

  it('are named when they are wrong, without their value', () => {
    assert.throws(() => consul({ CONSUL_HTTP_SSL: 'perhaps', CONSUL_HTTP_ADDR: 'ftp://s3cret' }), {
      name: 'ConfigError',
      message:
        /^environment CONSUL_HTTP_SSL: expected true or false\nenvironment CONSUL_HTTP_ADDR: expected an address(?!.*s3cret)/,
    });
  });

  it('are named when one of them calls for another', () => {
    assert.throws(() => consul({ CONSUL_CLIENT_KEY: '/k' }), {
      message: 'environment CONSUL_CLIENT_KEY: expected certFile beside it',
    });
  });

  it('are named also when there is no file', () => {
    assert.throws(() => parseConfig(undefined, { CONSUL_HTTP_SSL_VERIFY: 'x' }), {
      message: 'environment CONSUL_HTTP_SSL_VERIFY: expected true or false',
    });
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';

function problems(text: string): string[] {
  try {
    parseConfig({ file: 'a.yaml', text }, {});
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

test('Connect needs the name of the service whose certificate is shown', () => {
  assert.deepEqual(problems('defaults: { tls: { mode: connect } }\nservices: { a: {} }'), [
    'defaults.tls.mode: expected connectAs beside it, the name of the service whose certificate is shown, or register',
  ]);
  assert.deepEqual(problems('defaults: { tls: { mode: connect, connectAs: web } }'), []);
  assert.deepEqual(
    problems(
      'defaults: { tls: { mode: connect } }\nregister: { name: web, port: 8080 }\nservices: { a: {} }',
    ),
    [],
  );
  assert.deepEqual(problems('defaults: { tls: { connectAs: web } }'), [
    'defaults.tls.connectAs: expected mode: connect or auto beside it',
  ]);
});

test('Connect goes with neither files and names of its own nor endpoints from elsewhere', () => {
  const connect = 'tls: { mode: connect, connectAs: web';
  assert.deepEqual(problems(`services: { a: { ${connect}, caFile: /ca.pem, verify: false } } }`), [
    'services.a.tls.caFile: has no effect with mode: connect, where certificates and names are those of Consul',
    'services.a.tls.verify: has no effect with mode: connect, where certificates and names are those of Consul',
  ]);
  const [elsewhere] = problems(`services: { a: { ${connect} }, discover: { endpoints: ['h:1'] } } }`);
  assert.match(elsewhere ?? '', /^services\.a\.discover: expected a service in Consul/);
  assert.deepEqual(
    problems(`defaults: { ${connect} } }\nservices: { a: { tls: false, discover: { endpoints: ['h:1'] } } }`),
    [],
  );
});

test('auto goes with endpoints from elsewhere, which are called in the clear', () => {
  const auto = 'tls: { mode: auto, connectAs: web';
  assert.deepEqual(problems(`services: { a: { ${auto} }, discover: { endpoints: ['h:1'] } } }`), []);
  assert.deepEqual(problems(`services: { a: { ${auto}, caFile: /ca.pem } } }`), [
    'services.a.tls.caFile: has no effect with mode: auto, where certificates and names are those of Consul',
  ]);
});

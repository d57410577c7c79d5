import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { TRACING_VARIABLES } from '../../../src/config/tracing-environment.ts';
import type { TracingConfig } from '../../../src/config/types.ts';

function tracing(environment: Record<string, string>, text = ''): TracingConfig {
  return parseConfig({ file: 'a.yaml', text }, environment).tracing;
}

function problems(environment: Record<string, string>): string {
  try {
    tracing(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe("OpenTelemetry's environment variables", () => {
  it('say where spans go', () => {
    const { otlp } = tracing({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/v1/traces',
    });
    assert.equal(otlp.endpoint, 'http://collector:4318');
    assert.equal(otlp.tracesEndpoint, 'http://tempo:4318/v1/traces');
  });

  it('give way to the file', () => {
    const text = 'tracing: { otlp: { endpoint: http://mine:4318 }, sample: 0.5, serviceName: mine }';
    const config = tracing(
      {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/v1/traces',
        OTEL_TRACES_SAMPLER: 'always_off',
        OTEL_SERVICE_NAME: 'theirs',
      },
      text,
    );
    assert.equal(config.otlp.endpoint, 'http://mine:4318');
    assert.equal(config.otlp.tracesEndpoint, undefined);
    assert.deepEqual([config.sample, config.parentBased], [0.5, true]);
    assert.equal(config.serviceName, 'mine');
  });

  it('turn tracing off', () => {
    assert.equal(tracing({}).enabled, true);
    assert.equal(tracing({ OTEL_SDK_DISABLED: 'TRUE' }).enabled, false);
    assert.equal(tracing({ OTEL_SDK_DISABLED: 'false' }).enabled, true);
    assert.equal(tracing({ OTEL_TRACES_EXPORTER: 'none' }).enabled, false);
    assert.equal(tracing({ OTEL_TRACES_EXPORTER: 'console, otlp' }).enabled, true);
  });

  it('choose each of the samplers of the specification', () => {
    const sampler = (name: string, argument?: string) => {
      const { sample, parentBased } = tracing({
        OTEL_TRACES_SAMPLER: name,
        ...(argument === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }),
      });
      return [sample, parentBased];
    };
    assert.deepEqual(sampler('always_on'), [1, false]);
    assert.deepEqual(sampler('always_off', '0.5'), [0, false]);
    assert.deepEqual(sampler('traceidratio', '0.25'), [0.25, false]);
    assert.deepEqual(sampler('parentbased_always_on'), [1, true]);
    assert.deepEqual(sampler('parentbased_always_off'), [0, true]);
    assert.deepEqual(sampler('parentbased_traceidratio', '0.25'), [0.25, true]);
    assert.deepEqual(sampler('parentbased_traceidratio'), [1, true]);
  });

  it('for traces win over those for all signals', () => {
    const { otlp } = tracing({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2500',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Basic%20abc, x-scope = team',
    });
    assert.equal(otlp.protocol, 'http/json');
    assert.equal(otlp.timeout, 2_500);
    assert.deepEqual(otlp.headers, { authorization: 'Basic abc', 'x-scope': 'team' });
  });

  it('name who makes the spans, OTEL_SERVICE_NAME before service.name', () => {
    const attributes = 'service.name=a,deployment.environment.name=prod%2Ceu';
    assert.deepEqual(tracing({ OTEL_RESOURCE_ATTRIBUTES: attributes }).resourceAttributes, {
      'deployment.environment.name': 'prod,eu',
    });
    assert.equal(tracing({ OTEL_RESOURCE_ATTRIBUTES: attributes }).serviceName, 'a');
    const both = { OTEL_RESOURCE_ATTRIBUTES: attributes, OTEL_SERVICE_NAME: 'b' };
    assert.equal(tracing(both).serviceName, 'b');
  });

  it('that are empty are as good as unset', () => {
    const empty = Object.fromEntries(Object.keys(TRACING_VARIABLES).map((name) => [name, '']));
    assert.deepEqual(tracing(empty), tracing({}));
  });

  it('that make no sense are problems by their name, and no secret is shown', () => {
    assert.match(
      problems({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
      /OTEL_EXPORTER_OTLP_PROTOCOL.*http\/protobuf/,
    );
    assert.match(problems({ OTEL_TRACES_SAMPLER: 'xray' }), /OTEL_TRACES_SAMPLER.*parentbased_traceidratio/);
    const ratio = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' };
    assert.match(problems(ratio), /OTEL_TRACES_SAMPLER_ARG.*from 0 to 1/);
    assert.match(
      problems({ ...ratio, OTEL_TRACES_SAMPLER_ARG: 'x' }),
      /OTEL_TRACES_SAMPLER_ARG.*from 0 to 1/,
    );
    assert.match(problems({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }), /OTEL_EXPORTER_OTLP_ENDPOINT/);
    for (const value of ['hunter2', 'a=hunter2%', 'a b=hunter2', 'a=hunter2%0d%0ab: c']) {
      const told = problems({ OTEL_EXPORTER_OTLP_HEADERS: value });
      assert.match(told, /OTEL_EXPORTER_OTLP_HEADERS/, value);
      assert.equal(told.includes('hunter2'), false, value);
    }
  });
});

describe('The configuration of tracing', () => {
  it('is shown without the values of header fields', () => {
    const text = 'tracing: { otlp: { endpoint: http://a:4318, headers: { api-key: hunter2 } } }';
    const shown = JSON.stringify(parseConfig({ file: 'a.yaml', text }, {}).shown);
    assert.equal(shown.includes('hunter2'), false);
    assert.ok(shown.includes('"api-key"'));
  });

  it('takes addresses over HTTP only', () => {
    for (const endpoint of [
      'collector:4318',
      'ftp://a',
      'http://',
      'http://user:pw@a',
      'http://a?b',
      'http://a:x',
    ]) {
      const text = `tracing: { otlp: { endpoint: '${endpoint}' } }`;
      assert.throws(() => parseConfig({ file: 'a.yaml', text }, {}), ConfigError, endpoint);
    }
  });
});

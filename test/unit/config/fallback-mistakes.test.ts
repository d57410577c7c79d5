import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';

function problemsOf(text: string) {
  try {
    parseConfig({ file: 'f.yaml', text }, {});
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => [path, message]);
  }
}

test('a service does not stand in for itself, neither in a route', () => {
  const text = `
services:
  payments:
    fallback: { service: payments }
    routes:
      - match: { methods: [GET] }
        fallback: { service: payments }
`;
  const message = 'expected another service: this one cannot stand in for itself';
  assert.deepEqual(problemsOf(text), [
    ['services.payments.fallback.service', message],
    ['services.payments.routes[0].fallback.service', message],
  ]);
});

test('a service that stands in must be one that can be called', () => {
  const text = `
discovery: { services: declared }
services:
  payments: { fallback: { service: payment-backup } }
`;
  assert.deepEqual(problemsOf(text), [
    [
      'services.payments.fallback.service',
      'payment-backup is not under services, and discovery.services is declared',
    ],
  ]);
  assert.deepEqual(problemsOf(text.replace('discovery: { services: declared }', '')), []);
});

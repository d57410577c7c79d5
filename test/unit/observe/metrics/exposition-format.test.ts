import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expositionFormat } from '../../../../src/observe/metrics/exposition-format.ts';

test('scrapers that do not prefer OpenMetrics by name get plain text', () => {
  const others = [
    undefined,
    '',
    '*/*',
    'text/plain',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'application/openmetrics-text;version=0.0.1',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;q=0.1,text/plain;q=0.5',
    'application/openmetrics-text;q=x',
  ];
  for (const accept of others) assert.equal(expositionFormat(accept), 'text', String(accept));
});

test('those that do get OpenMetrics', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  const newer =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4,*/*;q=0.2';
  const plain = [
    'application/openmetrics-text',
    'Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8',
  ];
  for (const accept of [prometheus, newer, ...plain]) assert.equal(expositionFormat(accept), 'openMetrics');
});

test('no Accept field makes it throw', () => {
  const field = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'application/openmetrics-text;q=.1,* ') }),
  );
  fc.assert(fc.property(field, (accept) => ['text', 'openMetrics'].includes(expositionFormat(accept))));
});

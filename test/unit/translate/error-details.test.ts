import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import { createRegistry, fromJson, toBinary } from '@bufbuild/protobuf';
import { grpcErrorDetails } from '../../../src/translate/error-details.ts';
import { googleTypes, statusSchema } from '../../../src/translate/google-api.ts';
import { registryOf } from '../../support/protos.ts';

const NOTHING = createRegistry();

function status(details: JsonValue, registry = googleTypes): Uint8Array {
  return toBinary(statusSchema, fromJson(statusSchema, { code: 3, message: 'wrong', details }, { registry }));
}

/** One of each of google/rpc/error_details.proto. */
const DETAILS: JsonValue = [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_DISABLED',
    domain: 'payments.example',
    metadata: { resource: 'projects/123' },
  },
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' },
  { '@type': 'type.googleapis.com/google.rpc.DebugInfo', stackEntries: ['a', 'b'], detail: 'c' },
  {
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [
      {
        subject: 'a',
        quotaDimensions: { region: 'b' },
        quotaValue: '9007199254740993',
        futureQuotaValue: '0',
      },
    ],
  },
  {
    '@type': 'type.googleapis.com/google.rpc.PreconditionFailure',
    violations: [{ type: 'TOS', subject: 'a', description: 'b' }],
  },
  {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [
      { field: 'a.b', description: 'c', reason: 'D', localizedMessage: { locale: 'en', message: 'e' } },
    ],
  },
  { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'a', servingData: 'b' },
  {
    '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
    resourceType: 'a',
    resourceName: 'b',
    owner: 'c',
  },
  { '@type': 'type.googleapis.com/google.rpc.Help', links: [{ description: 'a', url: 'b' }] },
  { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en', message: 'a' },
];

test('the details that Google describes are known whatever a service describes', () => {
  assert.deepEqual(grpcErrorDetails(status(DETAILS), NOTHING), DETAILS);
});

test('a detail is one of the service, and one that nothing describes stands as its bytes', () => {
  const messaging = registryOf('messaging');
  const details = [{ '@type': 'type.googleapis.com/messaging.v1.Text', text: 'a' }];
  const bytes = status(details, messaging);
  assert.deepEqual(grpcErrorDetails(bytes, messaging), details);
  const unknown = [{ '@type': 'type.googleapis.com/messaging.v1.Text', value: 'CgFh' }];
  assert.deepEqual(grpcErrorDetails(bytes, NOTHING), unknown);
});

test('bytes that are no status have no details', () => {
  assert.deepEqual(grpcErrorDetails(Buffer.from('no status'), NOTHING), []);
  assert.deepEqual(grpcErrorDetails(Buffer.alloc(0), NOTHING), []);
});

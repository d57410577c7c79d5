import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescribedApi } from '../../../src/translate/described-api.ts';
import { DescribedRoutes } from '../../../src/translate/routed-description.ts';
import type { FollowedDescription, ServiceDescription } from '../../../src/translate/service-description.ts';
import { descriptionOf, registryOf } from '../../support/protos.ts';

const MESSAGING = descriptionOf(
  registryOf('messaging'),
  'messaging.v1.WithQuery',
  'messaging.v1.WithBodyField',
);

function apiOf(current: ServiceDescription | undefined, ignoreUnknownFields = false): DescribedApi {
  const description: FollowedDescription = {
    current,
    fault: current === undefined ? 'nobody knows' : undefined,
    origin: { kind: 'file', path: 'messaging.binpb' },
    confirmedAtWall: undefined,
    saved: undefined,
    ready: () => Promise.reject(new Error('not asked')),
    close: () => {},
  };
  return new DescribedApi(description, new DescribedRoutes(description), ignoreUnknownFields);
}

test('lists methods with the requests that they are, those of rules first', () => {
  const api = apiOf(MESSAGING);
  assert.deepEqual(api.methods?.at(1), {
    name: 'messaging.v1.WithBodyField/UpdateMessage',
    kind: 'unary',
    input: 'messaging.v1.UpdateWithFieldRequest',
    output: 'messaging.v1.Text',
    idempotent: false,
    deprecated: false,
    routes: [
      { method: 'PATCH', path: '/v1/messages/{message_id}', body: 'message' },
      { method: 'POST', path: '/messaging.v1.WithBodyField/UpdateMessage', body: '*' },
    ],
  });
  assert.equal(api.methods, api.methods, 'made once');
  assert.equal(apiOf(undefined).methods, undefined);
});

test('says what a request becomes, without its content', () => {
  const explained = apiOf(MESSAGING).explain({
    method: 'GET',
    path: '/v1/messages/m%2F1?revision=2&sub.subfield=foo',
    fields: [],
  });
  assert.deepEqual(explained, {
    kind: 'call',
    method: 'messaging.v1.WithQuery/GetMessage',
    route: { method: 'GET', path: '/v1/messages/{message_id}', body: null },
    message: { messageId: 'm/1', revision: '2', sub: { subfield: 'foo' } },
  });
});

test('says why a request is refused', () => {
  const refused = (method: string, path: string, api = apiOf(MESSAGING)) => {
    const explained = api.explain({ method, path, fields: [] });
    assert.ok(explained?.kind === 'refused', JSON.stringify(explained));
    return [explained.reason, explained.detail] as const;
  };
  assert.deepEqual(refused('GET', '/v2'), ['unknown_method', 'No method of the service has the path /v2.']);
  assert.deepEqual(refused('PUT', '/v1/messages/1'), [
    'method_not_allowed',
    '/v1/messages/1 of the service takes GET, PATCH, not PUT.',
  ]);
  assert.equal(refused('GET', '/v1/messages/1?revision=x')[0], 'untranslatable_request');
  assert.equal(refused('GET', '/v1/messages/1?other=x')[0], 'untranslatable_request');
  const kind = apiOf(MESSAGING, true).explain({
    method: 'GET',
    path: '/v1/messages/1?other=x',
    fields: [],
  })?.kind;
  assert.equal(kind, 'call');
  assert.deepEqual(refused('GET', '/v1/messages/1', apiOf(undefined)), [
    'description_unavailable',
    'nobody knows.',
  ]);
});

test('leaves alone what is not translated', () => {
  for (const type of ['application/grpc', 'application/grpc-web+proto']) {
    const fields = ['content-type', type];
    assert.equal(apiOf(MESSAGING).explain({ method: 'POST', path: '/x', fields }), undefined);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@bufbuild/protobuf';
import { toJson } from '@bufbuild/protobuf';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { routeTable } from '../../../src/translate/http-rule/route-table.ts';
import { knownTypes } from '../../../src/translate/known-types.ts';
import { openApiOf } from '../../../src/translate/openapi/openapi.ts';
import { messageOf } from '../../support/message-arbitraries.ts';
import { descriptionOf, messageNamed, registryOf } from '../../support/protos.ts';

const messaging = registryOf('messaging');
const everything = registryOf('everything');

function documentOf(registry: typeof messaging, ...services: string[]): JsonObject {
  const description = descriptionOf(registry, ...services);
  return openApiOf('mail', description, routeTable(description));
}

const mailbox = documentOf(messaging, 'messaging.v1.Mailbox');

function at(document: JsonObject, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
}

test('documents are valid OpenAPI', async () => {
  const documents = [
    mailbox,
    documentOf(everything, 'everything.v1.Echo'),
    documentOf(
      messaging,
      'messaging.v1.WithAdditionalBinding',
      'messaging.v1.WithBodyField',
      'messaging.v1.Faulty',
    ),
  ];
  for (const document of documents) {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
  }
});

test('each rule that OpenAPI can say is an operation, and so is the name of a method without one', () => {
  const operations = Object.entries(at(mailbox, 'paths') as Record<string, JsonObject>).flatMap(
    ([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) => `${method} ${path} ${(operation as JsonObject)['operationId']}`,
      ),
  );
  assert.deepEqual(operations, [
    'get /v1/mailboxes/{mailboxes}/letters messaging.v1.Mailbox.ListLetters',
    'get /v1/mailboxes/{mailboxes}/letters/{letters} messaging.v1.Mailbox.GetLetter',
    'get /v1/paths/{name} messaging.v1.Mailbox.GetLetter-2',
    'get /v1/mailboxes/mine/letters/newest messaging.v1.Mailbox.GetNewest',
    'post /v1/mailboxes/{mailboxes}/letters/{letters}:send messaging.v1.Mailbox.SendLetter',
    'post /v1/any/{letter.name} messaging.v1.Mailbox.SendLetter-2',
    'put /v1/labels/{letter} messaging.v1.Mailbox.SetLabels',
    'get /v1/mailboxes/{mailboxes}/letters:watch messaging.v1.Mailbox.WatchLetters',
    'post /messaging.v1.Mailbox/Unannotated messaging.v1.Mailbox.Unannotated',
  ]);
});

test('an operation has the comment of its method, its parameters and its content', () => {
  const list = at(mailbox, 'paths', '/v1/mailboxes/{mailboxes}/letters', 'get') as JsonObject;
  assert.equal(list['summary'], 'Finds letters.');
  assert.equal(list['description'], 'Finds letters.\n\nNewest first.');
  const parameters = list['parameters'] as JsonObject[];
  assert.deepEqual(parameters[0], {
    name: 'mailboxes',
    in: 'path',
    required: true,
    description: 'A part of `mailbox`, which has the form `mailboxes/*`.',
    schema: { type: 'string' },
  });
  const inQuery = parameters.filter((parameter) => parameter['in'] === 'query').map(({ name }) => name);
  assert.ok(!inQuery.includes('mailbox') && !inQuery.includes('labels') && !inQuery.includes('anyOf'));
  assert.ok(inQuery.includes('filter.words') && inQuery.includes('since') && inQuery.includes('unread'));
  assert.deepEqual(at(list, 'responses', '200', 'content', 'application/json', 'schema'), {
    type: 'array',
    items: { $ref: '#/components/schemas/messaging.v1.Letter' },
  });
  const send = at(mailbox, 'paths', '/v1/mailboxes/{mailboxes}/letters/{letters}:send', 'post') as JsonObject;
  assert.deepEqual(at(send, 'requestBody', 'content', 'application/json', 'schema'), {
    $ref: '#/components/schemas/messaging.v1.Letter',
  });
  assert.equal(
    at(mailbox, 'components', 'schemas', 'messaging.v1.Letter', 'properties', 'name', 'description'),
    'Its resource name.',
  );
  const watch = at(mailbox, 'paths', '/v1/mailboxes/{mailboxes}/letters:watch', 'get') as JsonObject;
  assert.deepEqual(Object.keys(at(watch, 'responses', '200', 'content') as object), [
    'application/x-ndjson',
    'text/event-stream',
  ]);
});

test('the JSON of every message is as its schema says', () => {
  const document = documentOf(everything, 'everything.v1.Echo');
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'document', ...document });
  const validate = ajv.compile({ $ref: 'document#/components/schemas/everything.v1.Everything' });
  const message = messageNamed(everything, 'everything.v1.Everything');
  const registry = knownTypes(everything);
  fc.assert(
    fc.property(messageOf(message, registry), (generated) => {
      validate(toJson(message, generated, { registry }));
      // A value of an enum that has no name is its number.
      const errors = (validate.errors ?? []).filter(({ schemaPath }) => !schemaPath.includes('Shade'));
      assert.deepEqual(errors, []);
    }),
    { numRuns: 100 },
  );
  for (const wrong of [
    { int32Value: 'a' },
    { chosenString: 'a', chosenInt64: '1' },
    { nestedList: [{ shade: 'GREY' }] },
  ]) {
    assert.equal(validate(wrong), false, JSON.stringify(wrong));
  }
});

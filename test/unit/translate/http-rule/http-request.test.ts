// Calls and the requests of HTTP that they are, by the rules in test/support/protos/messaging.proto.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@bufbuild/protobuf';
import { fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { httpRequest } from '../../../../src/translate/http-rule/http-request.ts';
import { routeTable } from '../../../../src/translate/http-rule/route-table.ts';
import { jsonMessage, requestMessage } from '../../../../src/translate/json-message.ts';
import { requestJson } from '../../../../src/translate/json-text.ts';
import { TranslationFault } from '../../../../src/translate/translation-fault.ts';
import { messageOf } from '../../../support/message-arbitraries.ts';
import { descriptionOf, registryOf } from '../../../support/protos.ts';

const registry = registryOf('messaging');

function bindingsOf(service: string, method: string) {
  const table = routeTable(descriptionOf(registry, `messaging.v1.${service}`));
  return { table, bindings: table.bindings.filter((binding) => binding.method.name === method) };
}

/** `METHOD PATH CONTENT` of a call, by the binding of that number. */
function request(service: string, method: string, message: JsonObject, number = 0): string {
  const binding = bindingsOf(service, method).bindings[number] ?? assert.fail('there is no such binding');
  const http = httpRequest(binding, fromJson(binding.method.input, message), registry);
  return [http.method, http.path, ...(http.body === undefined ? [] : [http.body])].join(' ');
}

/** Source: google/api/http.proto, in its order. */
test('the calls of the documentation are the requests that it says', () => {
  assert.equal(request('ByName', 'GetMessage', { name: 'messages/123456' }), 'GET /v1/messages/123456');
  assert.equal(
    request('WithQuery', 'GetMessage', { messageId: '123456', revision: '2', sub: { subfield: 'foo' } }),
    'GET /v1/messages/123456?revision=2&sub.subfield=foo',
  );
  assert.equal(
    request('WithBodyField', 'UpdateMessage', { messageId: '123456', message: { text: 'Hi!' } }),
    'PATCH /v1/messages/123456 {"text":"Hi!"}',
  );
  assert.equal(
    request('WithWholeBody', 'UpdateMessage', { messageId: '123456', text: 'Hi!' }),
    'PATCH /v1/messages/123456 {"text":"Hi!"}',
  );
  assert.equal(
    request('WithAdditionalBinding', 'GetMessage', { messageId: '123456', userId: 'me' }, 1),
    'GET /v1/users/me/messages/123456',
  );
});

test('what is no unreserved character is percent-encoded, and slashes of several segments are not', () => {
  assert.equal(
    request('Mailbox', 'GetLetter', { name: 'mailboxes/a b/letters/7:!*' }),
    'GET /v1/mailboxes/a%20b/letters/7%3A%21%2A',
  );
  assert.equal(request('Mailbox', 'GetLetter', { name: 'a/ä%2F' }, 1), 'GET /v1/paths/a/%C3%A4%252F');
  assert.equal(request('WithQuery', 'GetMessage', { messageId: 'a/b' }), 'GET /v1/messages/a%2Fb');
  assert.equal(
    request('Mailbox', 'ListLetters', { mailbox: 'mailboxes/mine', filter: { words: ['a&b', 'c+d=e'] } }),
    'GET /v1/mailboxes/mine/letters?filter.words=a%26b&filter.words=c%2Bd%3De',
  );
});

test('a call of a method without a rule, or for a custom method, has its request', () => {
  assert.equal(
    request('Mailbox', 'Unannotated', { name: 'a' }),
    'POST /messaging.v1.Mailbox/Unannotated {"name":"a"}',
  );
  assert.equal(
    request('Mailbox', 'SendLetter', { letter: { name: 'a' }, dryRun: true }, 1),
    'REPORT /v1/letters?dryRun=true {"name":"a"}',
  );
  assert.equal(request('Mailbox', 'SendLetter', { letter: { name: 'a' } }, 2), 'POST /v1/any/a {}');
  assert.equal(request('Mailbox', 'SetLabels', { letter: 7 }), 'PUT /v1/labels/7 {}');
});

test('a field that cannot stand where the rule has it is named', () => {
  const faults: readonly (readonly [method: string, message: JsonObject, field: string, number?: number])[] =
    [
      ['GetLetter', {}, 'name'],
      ['GetLetter', { name: 'letters/7' }, 'name'],
      ['GetLetter', { name: 'mailboxes/a/b/letters/7' }, 'name'],
      ['GetLetter', { name: 'mailboxes/../letters/7' }, 'name'],
      ['GetLetter', { name: 'a/./b' }, 'name', 1],
      ['GetLetter', { name: 'a//b' }, 'name', 1],
      ['SetLabels', { labels: { a: 'b' } }, 'letter'],
      ['ListLetters', { mailbox: 'mailboxes/mine', labels: { a: 'b' } }, 'labels'],
      ['ListLetters', { mailbox: 'mailboxes/mine', anyOf: [{}] }, 'anyOf'],
      ['ListLetters', { mailbox: 'mailboxes/mine', extra: {} }, 'extra'],
    ];
  for (const [method, message, field, number] of faults) {
    assert.throws(
      () => request('Mailbox', method, message, number),
      (fault) => fault instanceof TranslationFault && fault.field === field,
      `${method} ${JSON.stringify(message)}`,
    );
  }
});

const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
  .filter((text) => !/^\.{1,2}$|\//.test(text));

/** With what stands in the path, and without what no query can hold. */
const CALLS: Readonly<Record<string, (json: JsonObject, name: string) => JsonObject>> = {
  GetLetter: (json, name) => ({ ...json, name: `mailboxes/${name}/letters/${name}` }),
  SendLetter: (json, name) => ({
    ...json,
    letter: { ...(json['letter'] as JsonObject | undefined), name: `mailboxes/a/letters/${name}` },
  }),
  SetLabels: (json) => ({ ...json, letter: 7 }),
  Unannotated: (json) => json,
  ListLetters: ({ labels: _labels, anyOf: _anyOf, extra: _extra, filter, ...json }, name) => ({
    ...json,
    mailbox: `mailboxes/${name}`,
    ...(filter !== undefined && Object.keys(filter as JsonObject).length > 0 ? { filter } : {}),
  }),
};

for (const [method, completed] of Object.entries(CALLS)) {
  test(`every call of ${method} comes back from the request that it is`, () => {
    const { table, bindings } = bindingsOf('Mailbox', method);
    const [binding] = bindings;
    assert.ok(binding !== undefined);
    const { input } = binding.method;
    fc.assert(
      fc.property(messageOf(input, registry), segment, (generated, name) => {
        const message = fromJson(input, completed(toJson(input, generated) as JsonObject, name));
        const http = httpRequest(binding, message, registry);
        const [path = '', query = ''] = http.path.split('?');
        const match = table.match(http.method, path) ?? assert.fail(http.path);
        assert.equal(match.binding, binding, http.path);
        const body = http.body === undefined ? undefined : requestJson(http.body, binding, registry);
        const again = requestMessage(match, query, body, { registry, ignoreUnknownFields: false });
        assert.deepEqual(toBinary(input, again), toBinary(input, message), http.path);
      }),
    );
  });
}

test('a response is the message, or the field that the rule names, with what a service adds passed over', () => {
  const read = (method: string, json: string) => {
    const [binding] = bindingsOf('Mailbox', method).bindings;
    assert.ok(binding !== undefined);
    return toJson(binding.method.output, jsonMessage(binding, json, registry));
  };
  assert.deepEqual(read('GetLetter', '{"name": "a", "sizeBytes": 9007199254740993, "added": {}}'), {
    name: 'a',
    sizeBytes: '9007199254740993',
  });
  assert.deepEqual(read('ListLetters', '[{"sizeBytes": 9007199254740993}]'), {
    letters: [{ sizeBytes: '9007199254740993' }],
  });
  assert.throws(() => read('ListLetters', '[{"name": 5}]'), {
    message: /^letters\[0\]\.name: expected a string/,
  });
});

// Requests and the messages that they are, by the rules in test/support/protos/messaging.proto.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import { create, toJson } from '@bufbuild/protobuf';
import { routeTable } from '../../../src/translate/http-rule/route-table.ts';
import { requestMessage, responseJson } from '../../../src/translate/json-message.ts';
import { requestJson } from '../../../src/translate/json-text.ts';
import { TranslationFault } from '../../../src/translate/translation-fault.ts';
import { descriptionOf, messageNamed, registryOf } from '../../support/protos.ts';

const registry = registryOf('messaging');

/** `METHOD PATH?QUERY CONTENT` as `Method {MESSAGE}`, of one service. */
function mapped(service: string, request: string, ignoreUnknownFields = false): string {
  const table = routeTable(descriptionOf(registry, `messaging.v1.${service}`));
  const [, method = '', path = '', query = '', content = ''] =
    /^(\S+) ([^\s?]+)\??(\S*)\s*(.*)$/.exec(request) ?? [];
  const match = table.match(method, path) ?? assert.fail(`no route for ${request}`);
  const body = content === '' ? undefined : requestJson(content, match.binding, registry);
  const message = requestMessage(match, query, body, { registry, ignoreUnknownFields });
  const json = toJson(match.method.input, message, { useProtoFieldName: true });
  return `${match.method.name} ${JSON.stringify(json)}`;
}

/** Source: google/api/http.proto, in its order. */
const DOCUMENTED: readonly (readonly [service: string, request: string, call: string])[] = [
  ['ByName', 'GET /v1/messages/123456', 'GetMessage {"name":"messages/123456"}'],
  [
    'WithQuery',
    'GET /v1/messages/123456?revision=2&sub.subfield=foo',
    'GetMessage {"message_id":"123456","revision":"2","sub":{"subfield":"foo"}}',
  ],
  [
    'WithBodyField',
    'PATCH /v1/messages/123456 { "text": "Hi!" }',
    'UpdateMessage {"message_id":"123456","message":{"text":"Hi!"}}',
  ],
  [
    'WithWholeBody',
    'PATCH /v1/messages/123456 { "text": "Hi!" }',
    'UpdateMessage {"message_id":"123456","text":"Hi!"}',
  ],
  ['WithAdditionalBinding', 'GET /v1/messages/123456', 'GetMessage {"message_id":"123456"}'],
  [
    'WithAdditionalBinding',
    'GET /v1/users/me/messages/123456',
    'GetMessage {"message_id":"123456","user_id":"me"}',
  ],
];

test('the examples of the documentation map as it says', () => {
  for (const [service, request, call] of DOCUMENTED) assert.equal(mapped(service, request), call, request);
});

const LETTERS = 'GET /v1/mailboxes/mine/letters';

function list(query: string, ignoreUnknownFields = false): unknown {
  const [, json = ''] =
    /^ListLetters (.*)$/.exec(mapped('Mailbox', `${LETTERS}?${query}`, ignoreUnknownFields)) ?? [];
  const { mailbox, ...rest } = JSON.parse(json) as Record<string, JsonValue>;
  assert.equal(mailbox, 'mailboxes/mine');
  return rest;
}

test('a query holds fields of every type that is text, by either name', () => {
  const queries: Readonly<Record<string, unknown>> = {
    '': {},
    'page_size=10': { page_size: 10 },
    'pageSize=10&&': { page_size: 10 },
    'filter.sender=a%20b%2Bc+d': { filter: { sender: 'a b+c d' } },
    'filter.words=a&filter.words=b&filter.atLeast=HIGH': {
      filter: { words: ['a', 'b'], at_least: 'HIGH' },
    },
    'urgencies=LOW&urgencies=2&urgencies=7': { urgencies: ['LOW', 'HIGH', 7] },
    'sizes=9007199254740993&sizes=-1': { sizes: ['9007199254740993', '-1'] },
    'since=2026-01-31T09:30:00.5Z&max_age=1.5s': { since: '2026-01-31T09:30:00.500Z', max_age: '1.500s' },
    'read_mask=text,sentAt': { read_mask: 'text,sentAt' },
    'read_mask=text.text,sent_at': { read_mask: 'text.text,sentAt' },
    'unread=false&at_most_bytes=9007199254740993': { unread: false, at_most_bytes: '9007199254740993' },
    'notes=a&notes=': { notes: ['a', ''] },
    'page_token=-_8=': { page_token: '+/8=' },
    'page_token=%2B/8': { page_token: '+/8=' },
    'score=-Infinity': { score: '-Infinity' },
    'score=1e-3&descending=true&offset=0': { score: 0.001, descending: true, offset: 0 },
    'by_date=false': { by_date: false },
    'by_field=': { by_field: '' },
    by_field: { by_field: '' },
  };
  for (const [query, expected] of Object.entries(queries)) assert.deepEqual(list(query), expected, query);
});

/** The field and what is said of it. */
function fault(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof TranslationFault, String(thrown));
    return thrown.message;
  }
  return 'nothing';
}

test('a parameter that is none says what was expected', () => {
  const queries: Readonly<Record<string, RegExp>> = {
    'pageSise=1': /^pageSise: messaging\.v1\.ListLettersRequest has no such field; did you mean pageSize\?$/,
    'filter.colour=1': /^filter\.colour: messaging\.v1\.ListLettersRequest\.Filter has no such field$/,
    'page_size.x=1': /^page_size\.x: no such field$/,
    'since.seconds=1': /^since\.seconds: no such field$/,
    'page_size=ten': /^page_size: expected an integer from -2147483648 to 2147483647$/,
    'page_size=1.5': /^page_size: expected an integer/,
    'page_size=': /^page_size: expected an integer/,
    'page_size=4294967296': /^pageSize: expected an integer/,
    'page_size=1&pageSize=2': /^pageSize: expected once/,
    'urgencies=LOW&urgencies=SLOW':
      /^urgencies\[1\]: expected one of URGENCY_UNSPECIFIED, LOW, HIGH, found a string$/,
    'since=yesterday': /^since: expected a time such as 2026-01-31T09:30:00Z, found a string$/,
    'descending=1': /^descending: expected true or false$/,
    'unread=yes': /^unread: expected true or false$/,
    'unread=constructor': /^unread: expected true or false$/,
    'page_token=+/8': /^page_token: expected base64$/,
    'score=high': /^score: expected a number that a double can hold, found a string$/,
    'labels=a': /^labels: no parameter can hold a field of this type$/,
    'labels.a=b': /^labels\.a: no such field$/,
    'any_of=a': /^any_of: no parameter can hold a field of this type$/,
    'extra=a': /^extra: no parameter can hold a field of this type/,
    'filter=a':
      /^filter: no parameter can hold a field of this type: expected its fields, such as filter\.sender$/,
    'mailbox=yours': /^mailbox: expected in the path alone$/,
    'by_field=a&by_date=true': /oneof/,
    '=a': /no such field/,
    'filter.sender=%ff': /^filter\.sender: expected percent-encoded UTF-8$/,
    '%zz=1': /^expected percent-encoded UTF-8 in the query$/,
  };
  for (const [query, expected] of Object.entries(queries)) {
    assert.match(
      fault(() => list(query)),
      expected,
      query,
    );
  }
});

test('parameters that the message does not have are passed over on demand, wrong ones are not', () => {
  assert.deepEqual(list('colour=red&filter.colour=red&mailbox=yours&page_size=1', true), { page_size: 1 });
  assert.match(
    fault(() => list('page_size=ten', true)),
    /^page_size/,
  );
});

const SEND = 'POST /v1/mailboxes/mine/letters/7:send';

test('what stands in the path goes before what the content says', () => {
  assert.equal(
    mapped('Mailbox', `${SEND}?dryRun=true {"name": "other", "urgency": "HIGH", "text": {"text": "Hi!"}}`),
    'SendLetter {"letter":{"name":"mailboxes/mine/letters/7","text":{"text":"Hi!"},"urgency":"HIGH"},"dry_run":true}',
  );
  assert.equal(mapped('Mailbox', SEND), 'SendLetter {"letter":{"name":"mailboxes/mine/letters/7"}}');
});

test('a field that is the content may be a map, and a variable a wrapper', () => {
  assert.equal(mapped('Mailbox', 'PUT /v1/labels/7 {"a": "b"}'), 'SetLabels {"letter":7,"labels":{"a":"b"}}');
});

test('a method without a rule takes all of its message from the content', () => {
  const path = 'POST /messaging.v1.Mailbox/Unannotated';
  assert.equal(
    mapped('Mailbox', `${path} {"name": "a", "sizeBytes": "7"}`),
    'Unannotated {"name":"a","size_bytes":"7"}',
  );
  assert.equal(mapped('Mailbox', path), 'Unannotated {}');
  assert.match(
    fault(() => mapped('Mailbox', `${path}?name=a {}`)),
    /^name: expected in the content, since there are no parameters beside it$/,
  );
});

test('content that is none says where', () => {
  const contents: Readonly<Record<string, RegExp>> = {
    '{"name": 5}': /^letter\.name: expected a string of Unicode characters, found a number$/,
    '{"sizeBytes": "9223372036854775808"}':
      /^letter\.sizeBytes: expected an integer from -9223372036854775808/,
    '{"text": {"txt": ""}}':
      /^letter\.text\.txt: messaging\.v1\.Text has no such field; did you mean text\?$/,
    '{"text": []}': /^letter\.text: expected an object with the fields of messaging\.v1\.Text, found a list$/,
    '{"sentAt": "today"}': /^letter\.sentAt: expected a time such as 2026-01-31T09:30:00Z, found a string$/,
    '[]': /^letter: expected an object/,
    '{"name": ': /^expected JSON: /,
  };
  for (const [content, expected] of Object.entries(contents)) {
    assert.match(
      fault(() => mapped('Mailbox', `${SEND} ${content}`)),
      expected,
      content,
    );
  }
  assert.match(
    fault(() => mapped('Mailbox', `${LETTERS} {}`)),
    /^expected no content/,
  );
  assert.equal(mapped('Mailbox', `${LETTERS} {}`, true), 'ListLetters {"mailbox":"mailboxes/mine"}');
});

test('a response is the message, or the field that the rule names, or that field as it is when it is not set', () => {
  const table = routeTable(descriptionOf(registry, 'messaging.v1.Mailbox'));
  const response = (request: string, init: Record<string, unknown>) => {
    const [method = '', path = ''] = request.split(' ');
    const { binding } = table.match(method, path) ?? assert.fail(request);
    return responseJson(binding, create(binding.method.output, init), registry);
  };
  const letter = create(messageNamed(registry, 'messaging.v1.Letter'), { name: 'a', sizeBytes: 5n });
  assert.equal(
    response(LETTERS, { letters: [letter], nextPageToken: 'b' }),
    '[{"name":"a","sizeBytes":"5"}]',
  );
  assert.equal(response(LETTERS, {}), '[]');
  assert.equal(response('GET /v1/mailboxes/mine/letters/7', { name: 'a' }), '{"name":"a"}');
  assert.equal(response('PUT /v1/labels/7', { labels: { a: 'b' } }), '{"a":"b"}');
  assert.equal(response('PUT /v1/labels/7', {}), '{}');
});

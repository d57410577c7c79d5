import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodName } from '../../../../src/translate/http-rule/binding.ts';
import type { RouteTable } from '../../../../src/translate/http-rule/route-table.ts';
import { routeTable } from '../../../../src/translate/http-rule/route-table.ts';
import { descriptionOf, registryOf } from '../../../support/protos.ts';

const registry = registryOf('messaging');
const mailbox = routeTable(descriptionOf(registry, 'messaging.v1.Mailbox'));

/** `METHOD VARIABLE=VALUE …`, or undefined. */
function matched(table: RouteTable, request: string): string | undefined {
  const [method = '', path = ''] = request.split(' ');
  const match = table.match(method, path);
  if (match === undefined) return undefined;
  const variables = [...match.variables].map(([name, value]) => `${name}=${value}`);
  return [match.method.name, ...variables].join(' ');
}

function assertMatches(expected: Readonly<Record<string, string | undefined>>): void {
  for (const [request, method] of Object.entries(expected)) {
    assert.equal(matched(mailbox, request), method, request);
  }
}

test('each binding of a method is a route, and so is its name', () => {
  assertMatches({
    'GET /v1/mailboxes/mine/letters': 'ListLetters mailbox=mailboxes/mine',
    'GET /v1/mailboxes/mine/letters/7': 'GetLetter name=mailboxes/mine/letters/7',
    'GET /v1/paths/a/b/c': 'GetLetter name=a/b/c',
    'REPORT /v1/letters': 'SendLetter',
    'POST /messaging.v1.Mailbox/Unannotated': 'Unannotated',
    'POST /messaging.v1.Mailbox/GetLetter': 'GetLetter',
    'GET /messaging.v1.Mailbox/GetLetter': undefined,
    'POST /messaging.v1.Mailbox/Other': undefined,
    'POST /v1/mailboxes/mine/letters': undefined,
    'GET /v2/mailboxes/mine/letters': undefined,
    'GET /v1': undefined,
    'GET v1/letters': undefined,
  });
});

test('a literal is taken before *, and that before **', () => {
  assertMatches({
    'GET /v1/mailboxes/mine/letters/newest': 'GetNewest',
    'GET /v1/mailboxes/mine/letters/newer': 'GetLetter name=mailboxes/mine/letters/newer',
    'GET /v1/mailboxes/yours/letters/newest': 'GetLetter name=mailboxes/yours/letters/newest',
  });
});

test('a verb stands behind the last colon, and where there is no such verb the colon is text', () => {
  assertMatches({
    'POST /v1/mailboxes/mine/letters/7:send': 'SendLetter letter.name=mailboxes/mine/letters/7',
    'POST /v1/mailboxes/mine/letters/7:a:send': 'SendLetter letter.name=mailboxes/mine/letters/7:a',
    'POST /v1/mailboxes/mine/letters/7': undefined,
    'GET /v1/mailboxes/mine/letters/7:a': 'GetLetter name=mailboxes/mine/letters/7:a',
    'GET /v1/mailboxes/mine/letters:watch': 'WatchLetters mailbox=mailboxes/mine',
    'GET /v1/mailboxes/mine/letters%3Awatch': undefined,
    'GET /v1/mailboxes/mine/letters/7:': 'GetLetter name=mailboxes/mine/letters/7:',
  });
});

test('a rule for any method is taken where none is for the method itself', () => {
  assertMatches({
    'BREW /v1/any/7': 'SendLetter letter.name=7',
    'GET /v1/any/7': 'SendLetter letter.name=7',
  });
});

test('* is one segment that is not empty, ** any number of segments', () => {
  assertMatches({
    'GET /v1/mailboxes//letters': undefined,
    'GET /v1/any/': undefined,
    'GET /v1/any/a/b': undefined,
    'GET /v1/mailboxes/mine/letters/': undefined,
    'GET /v1/paths': 'GetLetter name=',
    'GET /v1/paths/': 'GetLetter name=',
    'GET /v1/paths//a/': 'GetLetter name=/a/',
  });
});

test('a variable of one segment is decoded whole, of more all but its slashes', () => {
  assertMatches({
    'GET /v1/any/a%2Fb%20c+d%C3%A4': 'SendLetter letter.name=a/b c+dä',
    'GET /v1/paths/a%2Fb/%20c%2fd%252F': 'GetLetter name=a%2Fb/ c%2fd%2F',
    'GET /v1/mailboxes/a%2Fb/letters': 'ListLetters mailbox=mailboxes/a%2Fb',
    'GET /v1/mail%62oxes/mine/letters': 'ListLetters mailbox=mailboxes/mine',
    'GET /v1/any/%zz': undefined,
    'GET /v1/any/%ff': undefined,
  });
});

test('the methods of HTTP at a path are those of each route that it matches', () => {
  assert.deepEqual(mailbox.methodsAt('/v1/mailboxes/mine/letters/newest'), ['GET']);
  assert.deepEqual(mailbox.methodsAt('/v1/mailboxes/mine/letters/7:send'), ['POST', 'GET']);
  assert.deepEqual(mailbox.methodsAt('/messaging.v1.Mailbox/GetLetter'), ['POST']);
  assert.deepEqual(mailbox.methodsAt('/v2'), []);
});

test('rules that cannot be are faults, and the others hold', () => {
  const table = routeTable(descriptionOf(registry, 'messaging.v1.Faulty'));
  const faults = table.faults.map((fault) => fault.replace('messaging.v1.Faulty.', ''));
  assert.deepEqual(faults, [
    'NoSuchField: the variable title: messaging.v1.GetByNameRequest has no field title',
    'RepeatedField: the variable urgencies: urgencies is repeated',
    'MapField: the variable labels: labels is a map',
    'MessageField: the variable filter is a message, not text: expected one of its fields',
    'ScalarParent: the variable name.first: name has no field first',
    'BadTemplate: "/faulty/**/{name}", column 11: expected nothing behind ** but a verb',
    'NoSuchBody: body: messaging.v1.GetByNameRequest has no field title',
    'NoSuchResponseBody: response_body: messaging.v1.Text has no field title',
    'NoPattern: google.api.http has no pattern: expected one of get, put, post, delete, patch and custom',
    'NoKind: the kind "" of a custom pattern is not an HTTP method',
    'Nested: additional_bindings stand within additional_bindings',
    'Twice: GET /faulty/twice/* matches the same requests as GET /faulty/twice/{name} of messaging.v1.Faulty.Twice, which stands before it',
  ]);
  assert.equal(matched(table, 'GET /sound/7'), 'Sound name=7');
  assert.equal(matched(table, 'GET /faulty/nested'), 'Nested');
  assert.equal(matched(table, 'GET /faulty/twice/7'), 'Twice name=7');
  assert.equal(matched(table, 'POST /messaging.v1.Faulty/NoPattern'), 'NoPattern');
});

test('bindings stand in the order of declaration, names of methods behind them, and no request has two', () => {
  const described = descriptionOf(registry, 'messaging.v1.WithQuery', 'messaging.v1.WithAdditionalBinding');
  const table = routeTable(described);
  assert.deepEqual(
    table.bindings.map(
      ({ method, httpMethod, template }) => `${httpMethod} ${template.text} ${methodName(method)}`,
    ),
    [
      'GET /v1/messages/{message_id} messaging.v1.WithQuery.GetMessage',
      'GET /v1/users/{user_id}/messages/{message_id} messaging.v1.WithAdditionalBinding.GetMessage',
      'POST /messaging.v1.WithQuery/GetMessage messaging.v1.WithQuery.GetMessage',
      'POST /messaging.v1.WithAdditionalBinding/GetMessage messaging.v1.WithAdditionalBinding.GetMessage',
    ],
  );
  assert.equal(table.faults.length, 1);
});

test('a path of many segments costs no more than the routes there are', () => {
  const path = `/v1${'/mailboxes'.repeat(5_000)}`;
  assert.equal(mailbox.match('GET', path), undefined);
  assert.equal(
    matched(mailbox, `GET /v1/paths${'/a:b'.repeat(5_000)}`)?.length,
    'GetLetter name='.length + 19_999,
  );
});

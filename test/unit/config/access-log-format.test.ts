import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PLAIN_OPERATORS, parseAccessLogFormat } from '../../../src/config/access-log-format.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';

function message(written: string): string {
  const parsed = parseAccessLogFormat(written);
  return parsed.kind === 'problem' ? parsed.message : '';
}

test('a format is text and operators, in order', () => {
  assert.deepEqual(parseAccessLogFormat('at %START_TIME% 100%% %REQ(X-A?USER-AGENT):20% %RESP(Server)%\n'), {
    kind: 'format',
    parts: [
      { kind: 'text', text: 'at ' },
      { kind: 'plain', operator: 'START_TIME', maxLength: 2_048 },
      { kind: 'text', text: ' 100' },
      { kind: 'text', text: '%' },
      { kind: 'text', text: ' ' },
      { kind: 'header', operator: 'REQ', names: ['x-a', 'user-agent'], maxLength: 20 },
      { kind: 'text', text: ' ' },
      { kind: 'header', operator: 'RESP', names: ['server'], maxLength: 2_048 },
    ],
  });
});

test('every operator is read', () => {
  for (const operator of PLAIN_OPERATORS) assert.equal(message(`%${operator}%`), '', operator);
  for (const name of [':METHOD', ':PATH', ':AUTHORITY', ':SCHEME'])
    assert.equal(message(`%REQ(${name})%`), '');
});

test('what is not a format is reported, with what may have been meant', () => {
  assert.match(
    message('%RESPONSE_COD%'),
    /%RESPONSE_COD% is not a known operator; did you mean %RESPONSE_CODE%\?/,
  );
  assert.match(message('%UPSTREAM_LOCAL_ADDRESS_OF_IT%'), /known are START_TIME, /);
  assert.match(message('100% of %PROTOCOL%'), /%%/);
  assert.match(message('100%'), /%% for a percent sign/);
  assert.match(message('%REQ%'), /%REQ\(USER-AGENT\)%/);
  assert.match(message('%REQ(a b)%'), /"a b"/);
  assert.match(message('%REQ(a?b?c)%'), /at most two names/);
  assert.match(message('%RESP(:STATUS)%'), /":status"/);
  assert.match(message('%PROTOCOL(x)%'), /without an argument/);
  assert.match(message('a\nb'), /one line/);
});

test('fields that hold secrets are refused', () => {
  for (const name of ['Authorization', 'COOKIE', 'x-a?Proxy-Authorization']) {
    assert.match(message(`%REQ(${name})%`), /secrets/, name);
  }
  assert.match(message('%RESP(Set-Cookie)%'), /secrets/);
});

test('no text makes the reader throw', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'%REQSP():?ab_') }));
  fc.assert(
    fc.property(text, (written) => ['format', 'problem'].includes(parseAccessLogFormat(written).kind)),
  );
});

test('a fault in the file is reported with its place', () => {
  const text = 'accessLog:\n  format: "%REQ(:METHOD)% %RESPONSE_FLAG%"\n';
  assert.throws(
    () => parseConfig({ file: 'a.yaml', text }, {}),
    (error) =>
      error instanceof ConfigError && /a\.yaml:2:11.*did you mean %RESPONSE_FLAGS%\?/.test(error.message),
  );
});

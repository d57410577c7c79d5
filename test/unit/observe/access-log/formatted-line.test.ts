import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AccessLogFormat } from '../../../../src/config/access-log-format.ts';
import { PLAIN_OPERATORS, parseAccessLogFormat } from '../../../../src/config/access-log-format.ts';
import type { RequestFacts } from '../../../../src/core/request-facts.ts';
import { FormattedLines } from '../../../../src/observe/access-log/formatted-line.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

function format(written: string): AccessLogFormat {
  const parsed = parseAccessLogFormat(written);
  if (parsed.kind === 'problem') throw new Error(parsed.message);
  return parsed.parts;
}

function line(written: string, given: Partial<RequestFacts> = {}): string {
  return new FormattedLines(format(written)).line(requestFacts(given));
}

test('Envoy’s default format reads as Envoy’s users know it', () => {
  const written =
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
    '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" ' +
    '"%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';
  const given = {
    bytesReceived: 7,
    flags: ['UF', 'URX'],
    requestHeaders: ['Host', 'localhost:15000', 'User-Agent', 'curl/8.5.0'],
  };
  assert.equal(
    line(written, given),
    '[2026-01-01T00:00:00.000Z] "GET /payments/charge HTTP/1.1" 200 UF,URX 7 100 13 "-" "curl/8.5.0" "request-1" ' +
      '"localhost:15000" "10.0.0.7:8080"\n',
  );
});

test('every operator has a value where there is one, and a dash where there is none', () => {
  const full = {
    reason: 'upstream_reset',
    detail: 'it broke off',
    flags: ['UC'],
    bytesReceived: 3,
    grpcStatus: 14,
    remoteAddress: '127.0.0.1',
    traceId: 'a'.repeat(32),
    attempts: [attemptFacts({ failureDetail: 'ECONNRESET' })],
  } as const;
  for (const operator of PLAIN_OPERATORS) {
    assert.notEqual(line(`%${operator}%`, full), '-\n', operator);
  }
  for (const operator of ['UPSTREAM_HOST', 'UPSTREAM_HOSTS_ATTEMPTED', 'TRACE_ID', 'DETAIL']) {
    assert.equal(line(`%${operator}%`, { attempts: [] }), '-\n', operator);
  }
});

test('attempts are counted and named', () => {
  const attempts = [attemptFacts({ authority: 'a:1' }), attemptFacts({ authority: 'b:2' })];
  assert.equal(
    line('%UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_HOST% %UPSTREAM_HOSTS_ATTEMPTED%', { attempts }),
    '2 b:2 a:1,b:2\n',
  );
});

test('of two names of a field the first that is there counts, in whatever case it came', () => {
  const given = { requestHeaders: ['X-B', 'b'], responseHeaders: ['SERVER', 'nginx'] };
  assert.equal(line('%REQ(X-A?X-B)% %RESP(server)% %REQ(server)%', given), 'b nginx -\n');
});

test('a length cuts', () => {
  assert.equal(line('%REQ(A):3%', { requestHeaders: ['a', 'abcdef'] }), 'abc\n');
  assert.equal(line('%REQ(A)%', { requestHeaders: ['a', 'x'.repeat(60_000)] }).length, 2_049);
});

test('the query of a path stays out', () => {
  assert.equal(line('%REQ(:PATH)%', { target: '/payments/charge?card=4111' }), '/payments/charge\n');
});

test('a value can neither begin a line nor end a quoted field', () => {
  const value = 'a"\n[2026] "GET /forged HTTP/1.1" 200\r\\\u001b[2K\u2028';
  const made = line('"%REQ(A)%" end', { requestHeaders: ['a', value] });
  assert.equal(made, '"a\\"\\u000a[2026] \\"GET /forged HTTP/1.1\\" 200\\u000d\\\\\\u001b[2K\\u2028" end\n');
});

test('whatever comes, a line is one line of printable text and its quotes are the format’s', () => {
  const all = new FormattedLines(format(`"%REQ(A)%" "%DETAIL%" "%REQ(:PATH)%" "%STREAM_ID%"`));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, target) => {
      const facts = requestFacts({ requestHeaders: ['a', value], detail: value, target, requestId: value });
      const made = all.line(facts);
      assert.equal(made.indexOf('\n'), made.length - 1);
      assert.equal(/[\p{Cc}\u2028\u2029]/u.test(made.slice(0, -1)), false);
      const unescaped = made.replaceAll(/\\(?:u[0-9a-f]{4}|.)/gsu, '');
      assert.equal(unescaped.split('"').length - 1, 8);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fields } from '../../../../src/http/message.ts';
import { cacheDirectives, directiveMs } from '../../../../src/policy/stale/cache-control.ts';
import { staleOptions } from '../../../../src/policy/stale/fallback-options.ts';
import type { StoredRequest } from '../../../../src/policy/stale/response-store.ts';
import { ResponseStore } from '../../../../src/policy/stale/response-store.ts';
import { responseStoreStage } from '../../../../src/policy/stale/response-store-stage.ts';
import { lifetimeOf, storingVerdict } from '../../../../src/policy/stale/storing-rules.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { CollectingSink, TestResponse, testCall } from '../../../support/resilience-calls.ts';

test('directives are read with quotes, spaces and in any case, and of several the first holds', () => {
  const directives = cacheDirectives(
    'Max-Age = 60,no-cache="set-cookie, x" ,, PUBLIC, max-age=5, s-maxage="7"',
  );
  assert.deepEqual(
    [...directives],
    [
      ['max-age', '60'],
      ['no-cache', 'set-cookie, x'],
      ['public', ''],
      ['s-maxage', '7'],
    ],
  );
  assert.equal(directiveMs(directives, 'max-age'), 60_000);
  assert.equal(directiveMs(directives, 'public'), 0);
  assert.equal(directiveMs(directives, 'stale-if-error'), undefined);
});

test('no field value, however odd, is read for long or throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500 }), (value) => {
      for (const ms of [...cacheDirectives(value).keys()].map((name) =>
        directiveMs(cacheDirectives(value), name),
      )) {
        assert.ok(ms !== undefined && ms >= 0 && Number.isFinite(ms));
      }
    }),
  );
  for (const odd of ['a="'.repeat(20_000), `a="${'\\'.repeat(50_000)}`, '='.repeat(50_000)])
    cacheDirectives(odd);
});

const VERDICTS: readonly (readonly [string, 'store' | 'drop' | 'leave', number, Fields, Fields, string?])[] =
  [
    ['a plain 200', 'store', 200, [], []],
    ['an answer to POST', 'leave', 200, [], [], 'POST'],
    ['an answer to HEAD', 'leave', 200, [], [], 'HEAD'],
    ['206', 'leave', 206, [], []],
    ['503', 'leave', 503, [], []],
    ['404', 'drop', 404, [], []],
    ['no-store', 'drop', 200, ['Cache-Control', 'no-store'], []],
    ['private', 'drop', 200, ['Cache-Control', 'max-age=60', 'Cache-Control', 'private'], []],
    ['no-cache', 'drop', 200, ['Cache-Control', 'no-cache'], []],
    ['Vary: *', 'drop', 200, ['Vary', 'accept, *'], []],
    ['Set-Cookie', 'drop', 200, ['Set-Cookie', 'session=1'], []],
    ['a request with no-store', 'leave', 200, [], ['Cache-Control', 'no-store']],
    ['a request with Authorization', 'leave', 200, [], ['Authorization', 'Bearer x']],
    [
      'a request with Authorization and max-age',
      'leave',
      200,
      ['Cache-Control', 'max-age=60'],
      ['Authorization', 'x'],
    ],
    [
      'a request with Authorization and public',
      'store',
      200,
      ['Cache-Control', 'public'],
      ['Authorization', 'x'],
    ],
    [
      'a request with Authorization and s-maxage',
      'store',
      200,
      ['Cache-Control', 's-maxage=9'],
      ['Authorization', 'x'],
    ],
    [
      'a request with Authorization and must-revalidate',
      'store',
      200,
      ['Cache-Control', 'must-revalidate'],
      ['authorization', 'x'],
    ],
    ['a request with a cookie', 'leave', 200, [], ['Cookie', 'session=1']],
  ];

for (const [name, verdict, status, headers, requestHeaders, method = 'GET'] of VERDICTS) {
  test(`the verdict on ${name} is ${verdict}`, () => {
    assert.equal(
      storingVerdict({ method, headers: requestHeaders }, { status, reasonPhrase: '', fields: headers }),
      verdict,
    );
  });
}

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

test('a lifetime is what the answer says, and else what the configuration says', () => {
  const lifetime = (...headers: string[]) => lifetimeOf(headers, 0, NOW, HOUR);
  assert.deepEqual(lifetime(), { initialAgeMs: 0, freshMs: 0, staleMs: HOUR });
  assert.deepEqual(lifetime('cache-control', 'max-age=60, stale-if-error=120'), {
    initialAgeMs: 0,
    freshMs: 60_000,
    staleMs: 120_000,
  });
  assert.equal(lifetime('cache-control', 'max-age=60, s-maxage=5').freshMs, 5_000);
  assert.equal(
    lifetime('date', new Date(NOW).toUTCString(), 'expires', new Date(NOW + 9_000).toUTCString()).freshMs,
    9_000,
  );
  assert.equal(lifetime('expires', '0').freshMs, 0);
});

test('what must be validated once stale has no stale life', () => {
  for (const directive of ['must-revalidate', 'proxy-revalidate', 's-maxage=9']) {
    const { staleMs } = lifetimeOf(['cache-control', `${directive}, stale-if-error=60`], 0, NOW, HOUR);
    assert.equal(staleMs, 0, directive);
  }
});

test('the age of an answer counts from where it was made (RFC 9111 section 4.2.3)', () => {
  assert.equal(lifetimeOf(['date', new Date(NOW - 30_000).toUTCString()], 500, NOW, 0).initialAgeMs, 30_000);
  assert.equal(
    lifetimeOf(['age', '40', 'date', new Date(NOW).toUTCString()], 500, NOW, 0).initialAgeMs,
    40_500,
  );
  assert.equal(lifetimeOf(['date', new Date(NOW + 30_000).toUTCString()], 0, NOW, 0).initialAgeMs, 0);
});

function request(path: string, headers: Fields = [], keyHeaders: readonly string[] = []): StoredRequest {
  return { service: 'payments', method: 'GET', path, headers, keyHeaders };
}

const LONG = { initialAgeMs: 0, freshMs: 0, staleMs: HOUR };

test('whatever is put in, the store stays within its bytes and gives only what was put', () => {
  const actions = fc.array(
    fc.record({
      path: fc.constantFrom('/a', '/b', '/c', '/d'),
      language: fc.constantFrom('en', 'de', undefined),
      vary: fc.constantFrom([], ['vary', 'Accept-Language'], ['vary', 'accept-language, accept']),
      length: fc.integer({ min: 0, max: 12_000 }),
      action: fc.constantFrom('put', 'put', 'put', 'drop', 'invalidate', 'reserve'),
    }),
    { maxLength: 100 },
  );
  fc.assert(
    fc.property(actions, (steps) => {
      const store = new ResponseStore(20_000);
      const put = new Map<string, string>();
      let reserved = 0;
      steps.forEach(({ path, language, vary, length, action }, index) => {
        const asked = request(path, language === undefined ? [] : ['accept-language', language]);
        if (action === 'put') {
          const body = `${index} ${path} ${vary.length === 0 ? 'any' : language}`.padEnd(length, '.');
          store.put(asked, vary, Buffer.from(body), LONG, 0);
          put.set(body, path);
        } else if (action === 'drop') {
          store.drop(asked);
          assert.equal(store.find(asked, 0), undefined);
        } else if (action === 'invalidate') {
          store.invalidate('payments', path);
          assert.equal(store.find(asked, 0), undefined);
        } else if (store.tryReserve(length)) reserved += length;
        assert.ok(store.bytes <= 20_000, `${store.bytes} bytes`);
        const found = store.find(asked, 0)?.body.toString();
        if (found === undefined) return;
        assert.equal(put.get(found), path);
        const [, , variant] = found.replace(/\.+$/, '').split(' ');
        if (variant !== 'any') assert.equal(variant, String(language));
      });
      store.forget('payments');
      assert.equal(store.size, 0);
      assert.equal(store.bytes, reserved);
    }),
  );
});

test('the least recently used answer goes first', () => {
  const store = new ResponseStore(8_000);
  for (const path of ['/a', '/b', '/c']) store.put(request(path), [], Buffer.alloc(1_000), LONG, 0);
  store.find(request('/a'), 0);
  store.put(request('/d'), [], Buffer.alloc(1_000), LONG, 0);
  assert.equal(store.find(request('/b'), 0), undefined);
  for (const path of ['/a', '/c', '/d']) assert.ok(store.find(request(path), 0) !== undefined, path);
});

test('an answer is not given to a request that differs in what it depends on', () => {
  const store = new ResponseStore(100_000);
  const english = request('/a', ['Accept-Language', 'en', 'X-User', '1'], ['x-user']);
  store.put(english, ['Vary', 'accept-language'], Buffer.from('hello'), LONG, 0);
  assert.equal(store.find(english, 0)?.body.toString(), 'hello');
  assert.equal(store.find(request('/a', ['accept-language', 'de', 'x-user', '1'], ['x-user']), 0), undefined);
  assert.equal(store.find(request('/a', ['accept-language', 'en', 'x-user', '2'], ['x-user']), 0), undefined);
  assert.equal(store.find({ ...english, service: 'fraud' }, 0), undefined);
  assert.equal(store.find({ ...english, path: '/a?b' }, 0), undefined);
});

test('an answer is given up to the end of its life, with its age, and then no more', () => {
  const store = new ResponseStore(100_000);
  const lifetime = { initialAgeMs: 500, freshMs: 1_000, staleMs: 2_000 };
  store.put(request('/a'), [], Buffer.from('x'), lifetime, 100);
  assert.equal(store.find(request('/a'), 2_600)?.ageMs, 3_000);
  assert.equal(store.find(request('/a', ['cache-control', 'stale-if-error=1']), 2_600), undefined);
  assert.equal(store.find(request('/a', ['cache-control', 'no-cache']), 200), undefined);
  assert.equal(store.find(request('/a'), 2_601), undefined);
  assert.equal(store.size, 0);
});

async function passed(
  given: { headers?: Fields; options?: object; capacity?: number; method?: string } = {},
) {
  const clock = new FakeClock();
  const store = new ResponseStore(given.capacity ?? 1_000_000);
  const response = new TestResponse(200, given.headers ?? []);
  const stage = responseStoreStage(staleOptions.parse(given.options ?? {}), {
    service: 'payments',
    clock,
    store,
  });
  const send = stage(() => Promise.resolve({ kind: 'response', response }));
  const result = await send(testCall({ method: given.method ?? 'GET', path: '/a' }));
  assert.ok(result.kind === 'response');
  const sink = new CollectingSink();
  return { store, response, result, sink, find: () => store.find(request('/a'), 0)?.body.toString() };
}

test('an answer is kept when its last byte has come, and the caller gets each part at once', async () => {
  const { response, result, sink, find } = await passed();
  result.response.deliver(sink);
  response.data('first ');
  assert.equal(sink.text, 'first ');
  assert.equal(find(), undefined);
  response.data('second');
  response.end();
  assert.equal(sink.outcome, 'whole');
  assert.equal(find(), 'first second');
});

for (const [name, end] of [
  [
    'breaks off',
    (response: TestResponse) => response.break({ reason: 'upstream_reset', neverSent: false, detail: '' }),
  ],
  ['is given up', undefined],
] as const) {
  test(`an answer that ${name} is not kept, and leaves nothing behind`, async () => {
    const { store, response, result, sink, find } = await passed();
    result.response.deliver(sink);
    response.data('part');
    assert.equal(store.bytes, 4);
    if (end === undefined) result.response.abandon();
    else end(response);
    assert.equal(find(), undefined);
    assert.equal(store.bytes, 0);
  });
}

test('an answer beyond the bound is passed on whole and not kept, nor any of it from there on', async () => {
  const { store, response, result, sink, find } = await passed({ options: { maxEntry: '10B' } });
  result.response.deliver(sink);
  response.data('1234567890');
  response.data('1');
  assert.equal(store.bytes, 0);
  response.end();
  assert.equal(sink.text, '12345678901');
  assert.equal(find(), undefined);
});

test('an answer whose length says that it is too long is not touched at all', async () => {
  const { response, result } = await passed({
    options: { maxEntry: '10B' },
    headers: ['Content-Length', '11'],
  });
  assert.equal(result.response, response);
});

test('answers that arrive take no more than half of the store', async () => {
  const { store, response, result, sink } = await passed({ capacity: 100 });
  result.response.deliver(sink);
  response.data('x'.repeat(50));
  assert.equal(store.bytes, 50);
  response.data('x');
  assert.equal(store.bytes, 0);
});

test('a change behind a path makes what was kept of it worthless', async () => {
  const { store, find } = await passed({ method: 'DELETE' });
  assert.equal(find(), undefined);
  const clock = new FakeClock();
  const stage = responseStoreStage(staleOptions.parse({}), { service: 'payments', clock, store });
  for (const [status, kept] of [
    [409, true],
    [204, false],
  ] as const) {
    store.put(request('/a'), [], Buffer.from('old'), LONG, 0);
    await stage(() => Promise.resolve({ kind: 'response', response: new TestResponse(status) }))(
      testCall({ method: 'PUT', path: '/a' }),
    );
    assert.equal(find() === 'old', kept);
  }
});

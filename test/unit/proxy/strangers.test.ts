import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AmbassadorError } from '../../../src/core/errors.ts';
import type { ArrivedRequest, StrangerRules } from '../../../src/proxy/strangers.ts';
import { Strangers } from '../../../src/proxy/strangers.ts';

const NONE_ALLOWED: StrangerRules = {
  allowedOrigins: [],
  allowedHosts: [],
  ownHosts: ['box.corp.example'],
  consulDomain: 'consul',
  allowedServices: ['*'],
};

interface Given {
  readonly host?: string | undefined;
  readonly target?: string;
  readonly remoteAddress?: string | undefined;
  readonly fields?: readonly string[];
}

/** @returns the detail of the refusal; undefined when it is let in */
function refusal(given: Given, rules: Partial<StrangerRules> = {}): string | undefined {
  const { host, target, remoteAddress, fields }: Given = {
    host: 'localhost:15000',
    target: '/payments/x',
    remoteAddress: '127.0.0.1',
    ...given,
  };
  const request: ArrivedRequest = {
    target: target ?? '',
    authority: host,
    fields: fields ?? [],
    remoteAddress,
  };
  return detailOf(() => new Strangers({ ...NONE_ALLOWED, ...rules }).check(request));
}

function detailOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AmbassadorError);
    assert.equal(error.reason, 'forbidden');
    return error.message;
  }
}

const OURS = [
  undefined,
  '',
  'localhost:15000',
  'LOCALHOST',
  'localhost.:15000',
  '127.0.0.1:15000',
  '127.9.9.9',
  '[::1]:15000',
  '10.0.0.7:15000',
  '[fd00::7]',
  '0.0.0.0:15000',
  '[::]:15000',
  '[::ffff:127.0.0.1]:15000',
  '127.1:15000',
  '0x7f.0.0.1:15000',
  '2130706433',
  'ambassador:15000',
  'host.docker.internal:15000',
  'payments.localhost:15000',
  'v1.0.payments.localhost.',
  'v2.payments.service.dc2.consul',
  'Payments.Service.Consul.',
  'BOX.corp.example:15000',
];

const FOREIGN = [
  'evil.example',
  'evil.example:15000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'payments.localhost.evil.example',
  'evilconsul.example',
  'notconsul.evil',
  'host.docker.internal.evil.example',
  'other.corp.example',
  '127.0.0.1.nip.io:15000',
];

describe('the Host', () => {
  for (const host of OURS) {
    test(`may be ${host}`, () => assert.equal(refusal({ host }), undefined));
  }

  for (const host of FOREIGN) {
    test(`may not be ${host}, and the refusal names the line that allows it`, () => {
      const detail = refusal({ host });
      const line = /allowedHosts: \["(.*)"\]$/.exec(detail ?? '')?.[1];
      assert.ok(line !== undefined, detail ?? 'let in');
      assert.equal(refusal({ host }, { allowedHosts: [line] }), undefined);
      assert.equal(refusal({ host }, { allowedHosts: ['*'] }), undefined);
    });
  }

  for (const host of ['0.0.0.0:15000', '[::]:15000', '[::ffff:7f00:1]:15000', '[::ffff:0:0]']) {
    test(`may not be ${host} of a browser, which tells no page there, and no client before it opens the way`, () => {
      const strangers = new Strangers(NONE_ALLOWED);
      const request = { target: '/payments/x', authority: host, fields: [], remoteAddress: '127.0.0.1' };
      strangers.check(request);
      const byBrowser = {
        ...request,
        fields: ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101'],
      };
      const detail = detailOf(() => strangers.check(byBrowser));
      const line = /allowedHosts: \["(.*)"\]$/.exec(detail ?? '')?.[1];
      assert.ok(line !== undefined, detail ?? 'let in');
      strangers.admit({ ...NONE_ALLOWED, allowedHosts: [line] });
      strangers.check(byBrowser);
    });
  }

  test('counts for OPTIONS * too', () => assert.ok(refusal({ host: 'evil.example', target: '*' })));

  test('is covered by a pattern of its domain, and not by one of another', () => {
    assert.equal(refusal({ host: 'a.b.example.com:1' }, { allowedHosts: ['*.example.com'] }), undefined);
    assert.ok(refusal({ host: 'badexample.com' }, { allowedHosts: ['*.example.com'] }));
    assert.ok(refusal({ host: 'example.com' }, { allowedHosts: ['*.example.com'] }));
  });

  test("of an absolute target is the router's to judge, and a unix socket has no strangers", () => {
    const host = 'evil.example';
    assert.equal(refusal({ host, target: 'http://evil.example/x' }), undefined);
    assert.equal(refusal({ host, remoteAddress: undefined }), undefined);
  });

  test('below the configured domain of Consul is one of a service', () => {
    const host = 'payments.service.corp.internal';
    assert.ok(refusal({ host }));
    assert.equal(refusal({ host }, { consulDomain: 'corp.internal' }), undefined);
  });
});

interface Case {
  readonly what: string;
  readonly fields: readonly string[];
  readonly host?: string;
}

const LET_IN: readonly Case[] = [
  { what: 'a client that is no browser', fields: ['user-agent', 'python-requests/2.32'] },
  { what: 'the fetch of Node.js', fields: ['sec-fetch-mode', 'cors'] },
  { what: 'an address typed by a person', fields: ['Sec-Fetch-Site', 'none'] },
  { what: 'a page that a service has served', fields: ['origin', 'http://localhost:15000'] },
  {
    what: 'a page behind a development server that changes the Host',
    fields: ['sec-fetch-site', 'same-origin', 'origin', 'http://localhost:5173'],
  },
  { what: 'a page at the default port', fields: ['origin', 'http://ambassador'], host: 'ambassador:80' },
  { what: 'a page behind a terminator of TLS', fields: ['origin', 'https://ambassador'], host: 'ambassador' },
];

const REFUSED: readonly Case[] = [
  { what: 'a form', fields: ['sec-fetch-site', 'cross-site', 'origin', 'http://evil.example'] },
  { what: 'a form in an old browser', fields: ['Origin', 'http://evil.example'] },
  {
    what: 'a page on another port',
    fields: ['sec-fetch-site', 'same-site', 'origin', 'http://localhost:3000'],
  },
  { what: 'a page at another loopback name', fields: ['origin', 'http://127.0.0.1:15000'] },
  { what: 'a picture', fields: ['sec-fetch-site', 'cross-site', 'referer', 'http://evil.example/'] },
  {
    what: 'a picture of another port',
    fields: ['sec-fetch-site', 'same-site', 'referer', 'http://localhost:3000/'],
  },
  { what: 'a picture without referrer', fields: ['sec-fetch-site', 'cross-site'] },
  { what: 'a sandboxed frame', fields: ['origin', 'null'] },
  { what: 'an extension', fields: ['sec-fetch-site', 'none', 'origin', 'chrome-extension://abcdef'] },
  { what: 'two origins', fields: ['origin', 'http://localhost:15000', 'origin', 'http://evil.example'] },
  { what: 'text that is no origin', fields: ['origin', 'localhost:15000'] },
  {
    what: 'two sites',
    fields: ['sec-fetch-site', 'same-origin', 'sec-fetch-site', 'cross-site', 'origin', 'http://e.example'],
  },
];

describe('the origin', () => {
  for (const { what, ...given } of LET_IN) {
    test(`of ${what} is no stranger's`, () => assert.equal(refusal(given), undefined));
  }

  for (const { what, ...given } of REFUSED) {
    test(`of ${what} is a stranger's, and the refusal names the line that allows it`, () => {
      const detail = refusal(given);
      const line = /allowedOrigins: \["(.*)"\]$/.exec(detail ?? '')?.[1];
      assert.ok(line !== undefined, detail ?? 'let in');
      assert.equal(refusal(given, { allowedOrigins: [line] }), undefined);
      assert.ok(refusal(given, { allowedOrigins: ['http://other.example'] }));
    });
  }

  test('that is allowed does not let in a Host that is not', () => {
    const given = { host: 'evil.example', fields: ['origin', 'http://evil.example'] };
    assert.match(refusal(given, { allowedOrigins: ['*'] }) ?? '', /allowedHosts/);
  });
});

test('only allowed services may be called, whatever the case, until a reload says otherwise', () => {
  const strangers = new Strangers({ ...NONE_ALLOWED, allowedServices: ['Payments'] });
  assert.equal(
    detailOf(() => strangers.checkService('payments')),
    undefined,
  );
  assert.match(detailOf(() => strangers.checkService('fraud')) ?? '', /allowedServices: \["fraud"\]/);
  strangers.admit(NONE_ALLOWED);
  assert.equal(
    detailOf(() => strangers.checkService('fraud')),
    undefined,
  );
});

test('a Host that was let in once is not let in by rules that do not allow it', () => {
  const strangers = new Strangers({ ...NONE_ALLOWED, allowedHosts: ['shop.example'] });
  const request = { target: '/', authority: 'shop.example', fields: [], remoteAddress: '127.0.0.1' };
  strangers.check(request);
  strangers.admit(NONE_ALLOWED);
  assert.throws(() => strangers.check(request), AmbassadorError);
});

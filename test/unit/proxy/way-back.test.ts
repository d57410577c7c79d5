import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WayBack } from '../../../src/proxy/way-back.ts';
import { bringBack, cookie, reference, refresh } from '../../../src/proxy/way-back.ts';

const NAMES: Readonly<Record<string, string>> = {
  'payments.service.consul': '/payments',
  'fraud.service.consul': '/fraud',
};

const WAY: WayBack = {
  location: true,
  cookies: true,
  prefix: '/payments',
  pathRule: undefined,
  asked: '/payments/charge',
  called: 'localhost:15000',
  sentHost: undefined,
  prefixOfName: (host) => NAMES[host],
  endpoints: () => ['10.0.0.7:8080', 'db.internal:80'],
};

test('a redirect of the endpoint leads back through the ambassador', () => {
  for (const [location, seen] of [
    ['/new', '/payments/new'],
    ['/', '/payments/'],
    ['/payments/7', '/payments/payments/7'],
    ['/a?b=http://10.0.0.7:8080/#c', '/payments/a?b=http://10.0.0.7:8080/#c'],
    ['http://10.0.0.7:8080/new', '/payments/new'],
    ['HTTP://10.0.0.7:8080', '/payments/'],
    ['http://10.0.0.7:8080?q', '/payments/?q'],
    ['//10.0.0.7:8080/new', '/payments/new'],
    ['http://DB.internal/x', '/payments/x'],
    ['http://localhost:15000/new', '/payments/new'],
    ['http://localhost:15000/payments/new', 'http://localhost:15000/payments/new'],
    // What is not the endpoint's is left alone.
    ['http://10.0.0.8:8080/new', 'http://10.0.0.8:8080/new'],
    ['http://10.0.0.7/new', 'http://10.0.0.7/new'],
    ['https://login.example.com/?back=/x', 'https://login.example.com/?back=/x'],
    ['next', 'next'],
    ['../up', '../up'],
    ['?page=2', '?page=2'],
    ['', ''],
    ['mailto:a@b.example', 'mailto:a@b.example'],
  ] as const) {
    assert.equal(reference(location, WAY), seen, location);
  }
});

test('a virtual host is the endpoint by either scheme, but a redirect from http to https does not lead to itself', () => {
  const way = { ...WAY, sentHost: 'shop.example.com' };
  assert.equal(reference('http://shop.example.com/new', way), '/payments/new');
  assert.equal(reference('https://shop.example.com/new', way), '/payments/new');
  assert.equal(reference('https://shop.example.com/charge', way), 'https://shop.example.com/charge');
  assert.equal(reference('http://shop.example.com:81/new', way), 'http://shop.example.com:81/new');
  assert.equal(reference('http://shop.example.com:8080/new', way), '/payments/new');
});

test('a redirect to a service by its name in DNS leads to its path', () => {
  for (const [location, seen] of [
    ['http://payments.service.consul/new', '/payments/new'],
    ['https://Payments.Service.Consul/new?a#b', '/payments/new?a#b'],
    ['//payments.service.consul:8080', '/payments/'],
    ['http://payments.service.consul:9999/new', 'http://payments.service.consul:9999/new'],
    // It was called by another name, and would say the same again.
    ['http://payments.service.consul/charge', 'http://payments.service.consul/charge'],
    ['http://fraud.service.consul/check?id=1', '/fraud/check?id=1'],
    ['https://fraud.service.consul:8443/', '/fraud/'],
    ['http://fraud.service.consul/charge', '/fraud/charge'],
    ['http://v2.fraud.service.consul/check', 'http://v2.fraud.service.consul/check'],
    ['http://me@fraud.service.consul/check', 'http://me@fraud.service.consul/check'],
  ] as const) {
    assert.equal(reference(location, WAY), seen, location);
  }
  const replaced = { ...WAY, pathRule: { prefix: '/v1', replacement: '/internal' } };
  assert.equal(reference('http://payments.service.consul/internal/x', replaced), '/payments/v1/x');
  assert.equal(reference('http://fraud.service.consul/internal/x', replaced), '/fraud/internal/x');
  assert.equal(cookie('a=1; Domain=payments.service.consul; Path=/', WAY), 'a=1; Path=/payments');
  assert.equal(
    cookie('a=1; Domain=fraud.service.consul; Path=/', WAY),
    'a=1; Domain=fraud.service.consul; Path=/payments',
  );
});

test('without a prefix only what names the endpoint is changed, and never into another host', () => {
  const way = { ...WAY, prefix: '', called: 'payments.localhost' };
  assert.equal(reference('/new', way), '/new');
  assert.equal(reference('http://10.0.0.7:8080/new', way), '/new');
  assert.equal(reference('http://10.0.0.7:8080//evil.example/', way), 'http://10.0.0.7:8080//evil.example/');
  assert.equal(reference('http://payments.localhost/new', way), 'http://payments.localhost/new');
});

test('what the rules of the service did to the path is undone on the way back', () => {
  const stripped = { ...WAY, pathRule: { prefix: '/v1', replacement: '' } };
  assert.equal(reference('/new', stripped), '/payments/v1/new');
  const replaced = { ...WAY, pathRule: { prefix: '/v1', replacement: '/internal' } };
  assert.equal(reference('/internal/new', replaced), '/payments/v1/new');
  assert.equal(reference('/other', replaced), '/payments/other');
});

test('cookies get the prefix as their path, and no domain that is the endpoint’s', () => {
  const way = { ...WAY, sentHost: 'shop.example.com' };
  for (const [set, seen] of [
    ['a=1', 'a=1'],
    ['a=1; Path=/', 'a=1; Path=/payments'],
    ['a=1;path=/x;HttpOnly', 'a=1;path=/payments/x;HttpOnly'],
    ['a=1; Path=/payments', 'a=1; Path=/payments'],
    ['a=1; Path=/payments-old', 'a=1; Path=/payments/payments-old'],
    ['a=1; Path', 'a=1; Path'],
    ['a=1; Domain=shop.example.com; Secure', 'a=1; Secure'],
    ['a=1; Domain=.example.com', 'a=1'],
    ['a=1; Domain=other.example', 'a=1; Domain=other.example'],
    ['__Host-a=1; Path=/; Secure', '__Host-a=1; Path=/; Secure'],
    ['a="x; Path=/y"; Path=/', 'a="x; Path=/payments/y"; Path=/payments'],
    [
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/',
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/payments',
    ],
  ] as const) {
    assert.equal(cookie(set, way), seen, set);
  }
  assert.equal(cookie('a=1; Domain=10.0.0.7', WAY), 'a=1');
  assert.equal(cookie('a=1; Path=/', { ...WAY, prefix: '' }), 'a=1; Path=/');
});

test('a Refresh leads back as a Location does', () => {
  assert.equal(refresh('5; url=/new', WAY), '5; url=/payments/new');
  assert.equal(refresh("0;URL='http://10.0.0.7:8080/x'", WAY), "0;URL='/payments/x'");
  assert.equal(refresh('5', WAY), '5');
});

test('of all fields only these four are looked at, and only where they are asked for', () => {
  const fields = [
    'Location',
    '/a',
    'X-Location',
    '/b',
    'set-cookie',
    'c=1; path=/',
    'content-location',
    '/d',
    'link',
    '</e>',
  ];
  const changed = [...fields];
  bringBack(changed, WAY);
  assert.deepEqual(changed, [
    ...['Location', '/payments/a', 'X-Location', '/b', 'set-cookie', 'c=1; path=/payments'],
    ...['content-location', '/payments/d', 'link', '</e>'],
  ]);
  const untouched = [...fields];
  bringBack(untouched, { ...WAY, location: false, cookies: false });
  assert.deepEqual(untouched, fields);
});

test('whatever an endpoint says, what the client gets is one line, and no other host than was said', () => {
  const text = fc.string({ unit: fc.constantFrom(...'/:.?#;=,"\' aAhtps@%01localhost'), maxLength: 40 });
  const base = 'http://client.example/payments/charge';
  fc.assert(
    fc.property(text, fc.constantFrom('', '/payments'), (value, prefix) => {
      const way = { ...WAY, prefix };
      const seen = reference(value, way);
      cookie(value, way);
      refresh(value, way);
      if (!URL.canParse(value, base) || !URL.canParse(seen, base)) return;
      const [said, led] = [new URL(value, base), new URL(seen, base)];
      assert.ok(led.host === said.host || led.host === 'client.example', `${value} became ${seen}`);
    }),
    { numRuns: 3_000 },
  );
});

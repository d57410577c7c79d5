import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentRequestView } from '../../../src/admin/sent-request-view.ts';
import { serviceNamed } from '../../../src/discovery/service-ref.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';

const BY_PATH = {
  route: { service: serviceNamed('payments'), path: '/v1/charge', addressing: 'path', prefix: '/payments' },
  authority: 'localhost:15000',
  headers: [],
} as const;
const BY_HOST = {
  route: { service: serviceNamed('payments'), path: '/v1/charge', addressing: 'host' },
  authority: 'payments.localhost',
  headers: ['X-Forwarded-Prefix', '/api'],
} as const;

const NO_RULES = { removed: [], added: [] };

test('without rules a path comes without its service, and a host stays', () => {
  assert.deepEqual(sentRequestView(BY_PATH, DEFAULT_POLICY, DEFAULT_POLICY), {
    path: '/v1/charge',
    host: null,
    forwardedPrefix: '/payments',
    via: true,
    requestFields: NO_RULES,
    responseFields: NO_RULES,
    rewritesLocation: true,
    rewritesCookies: true,
  });
  assert.deepEqual(sentRequestView(BY_HOST, DEFAULT_POLICY, DEFAULT_POLICY), {
    path: '/v1/charge',
    host: 'payments.localhost',
    forwardedPrefix: '/api',
    via: true,
    requestFields: NO_RULES,
    responseFields: NO_RULES,
    rewritesLocation: false,
    rewritesCookies: false,
  });
});

test('rules show by what they do, and no value of a field is shown', () => {
  const policy = {
    ...DEFAULT_POLICY,
    host: 'shop.example.com',
    via: false,
    headers: { request: { dropped: new Set(['cookie']), appended: ['authorization', 'secret'] } },
    rewrite: { location: false, path: { prefix: '/v1', replacement: '' } },
  };
  const view = sentRequestView(BY_PATH, policy, policy);
  assert.deepEqual(
    [view.path, view.host, view.forwardedPrefix, view.via],
    ['/charge', 'shop.example.com', '/payments/v1', false],
  );
  assert.deepEqual(view.requestFields, { removed: ['cookie'], added: ['authorization'] });
  assert.deepEqual([view.rewritesLocation, view.rewritesCookies], [false, true]);
  assert.ok(!JSON.stringify(view).includes('secret'));
});

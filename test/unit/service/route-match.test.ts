import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteMatch } from '../../../src/service/route-match.ts';
import { matchesRoute } from '../../../src/service/route-match.ts';

const ANY: RouteMatch = { methods: undefined, pathPrefix: undefined, header: undefined };

function matches(match: Partial<RouteMatch>, method = 'GET', path = '/', headers: string[] = []): boolean {
  return matchesRoute({ ...ANY, ...match }, { method, path, headers });
}

test('methods are those listed', () => {
  assert.equal(matches({ methods: ['GET', 'PUT'] }, 'PUT'), true);
  assert.equal(matches({ methods: ['GET', 'PUT'] }, 'POST'), false);
});

test('a path prefix ends at a segment', () => {
  for (const path of ['/charges', '/charges/7', '/charges?x=1']) {
    assert.equal(matches({ pathPrefix: '/charges' }, 'GET', path), true, path);
  }
  for (const path of ['/charges-old', '/charge', '/', '/x/charges']) {
    assert.equal(matches({ pathPrefix: '/charges' }, 'GET', path), false, path);
  }
  assert.equal(matches({ pathPrefix: '/v1/' }, 'GET', '/v1/x'), true);
  assert.equal(matches({ pathPrefix: '/' }, 'GET', '/anything'), true);
});

test('a header is compared by name without case, and by value where one is given', () => {
  const headers = ['X-Tier', 'gold', 'X-Tier', 'silver'];
  assert.equal(matches({ header: { name: 'x-tier', value: undefined } }, 'GET', '/', headers), true);
  assert.equal(matches({ header: { name: 'x-tier', value: 'silver' } }, 'GET', '/', headers), true);
  assert.equal(matches({ header: { name: 'x-tier', value: 'Gold' } }, 'GET', '/', headers), false);
  assert.equal(matches({ header: { name: 'x-none', value: undefined } }, 'GET', '/', headers), false);
});

test('everything given must hold', () => {
  const match = { methods: ['GET'], pathPrefix: '/a' };
  assert.equal(matches(match, 'GET', '/a'), true);
  assert.equal(matches(match, 'GET', '/b'), false);
  assert.equal(matches(match, 'PUT', '/a'), false);
});

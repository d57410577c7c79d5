import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRules, AdminCall } from '../../../src/admin/access.ts';
import { checkAccess } from '../../../src/admin/access.ts';
import { AdminProblem } from '../../../src/admin/admin-problem.ts';

const LOOPBACK: AccessRules = {
  address: { kind: 'tcp', host: '127.0.0.1', port: 15001 },
  token: 'the-token',
  allowedHosts: [],
};
const EVERYWHERE: AccessRules = { ...LOOPBACK, address: { kind: 'tcp', host: '0.0.0.0', port: 15001 } };
const UNIX: AccessRules = { ...LOOPBACK, address: { kind: 'unix', path: '/run/admin.sock' } };

const READ: AdminCall = {
  method: 'GET',
  route: '/api/services',
  host: '127.0.0.1:15001',
  hosts: 1,
  origin: undefined,
  site: undefined,
  userAgent: undefined,
  authorization: undefined,
};
const CHANGE: AdminCall = { ...READ, method: 'POST', authorization: 'Bearer the-token' };

describe('the Host of a call', () => {
  for (const host of [
    'localhost:15001',
    'LOCALHOST',
    '127.0.0.1',
    '[::1]:15001',
    '10.1.2.3:15001',
    '[fd00::1]',
    'localhost.:15001',
    '0.0.0.0:15001',
  ]) {
    it(`may be ${host}, which no web page's name can be`, () => {
      assert.equal(statusOf({ ...READ, host }, LOOPBACK), 'allowed');
    });
  }

  for (const host of [
    'evil.example:15001',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'user@localhost',
    'localhost/evil.example',
    '',
    undefined,
  ]) {
    it(`may not be ${host}`, () => {
      assert.equal(statusOf({ ...READ, host }, LOOPBACK), 403);
      assert.equal(statusOf({ ...CHANGE, host }, LOOPBACK), 403);
    });
  }

  it('may not be one to which a browser tells no page, unless it is allowed', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0';
    for (const host of ['0.0.0.0:15001', '[::]:15001', '[::ffff:7f00:1]:15001']) {
      const call = { ...READ, host, userAgent };
      for (const rules of [LOOPBACK, EVERYWHERE]) assert.equal(statusOf(call, rules), 403, host);
    }
    const call = { ...READ, host: '0.0.0.0:15001', userAgent };
    assert.equal(statusOf(call, { ...EVERYWHERE, allowedHosts: ['0.0.0.0'] }), 'allowed');
  });

  it('may be a name that the configuration allows', () => {
    const rules = { ...EVERYWHERE, allowedHosts: ['Ambassador'] };
    assert.equal(statusOf({ ...READ, host: 'ambassador:15001' }, rules), 'allowed');
    assert.equal(statusOf({ ...READ, host: 'other:15001' }, rules), 403);
  });

  it('may be the name that the admin API listens on', () => {
    const address = { kind: 'tcp', host: 'ambassador.internal', port: 15001 } as const;
    assert.equal(
      statusOf({ ...READ, host: 'ambassador.internal:15001' }, { ...LOOPBACK, address }),
      'allowed',
    );
  });

  it('may be any for probes and scrapers when it listens beyond loopback, and for nothing else', () => {
    for (const route of ['/healthz', '/readyz', '/metrics']) {
      const call = { ...READ, route, host: 'ambassador:15001' };
      assert.equal(statusOf(call, EVERYWHERE), 'allowed');
      assert.equal(statusOf(call, LOOPBACK), 403);
      assert.equal(statusOf({ ...call, origin: 'http://evil.example' }, EVERYWHERE), 403);
    }
    assert.equal(statusOf({ ...READ, host: 'ambassador:15001' }, EVERYWHERE), 403);
    assert.equal(statusOf({ ...READ, route: undefined, host: 'ambassador:15001' }, EVERYWHERE), 403);
  });

  it('does not matter on a unix socket', () => {
    assert.equal(statusOf({ ...READ, host: 'anything' }, UNIX), 'allowed');
  });
});

describe('the Origin of a call', () => {
  it('may be the admin API itself', () => {
    const call = { ...READ, host: 'localhost:15001' };
    assert.equal(statusOf({ ...call, origin: 'http://localhost:15001' }, LOOPBACK), 'allowed');
    assert.equal(statusOf({ ...READ, host: 'localhost', origin: 'http://localhost' }, LOOPBACK), 'allowed');
  });

  for (const origin of [
    'http://evil.example',
    'http://localhost:3000',
    'https://127.0.0.1:15001',
    'null',
    '',
  ]) {
    it(`may not be ${origin === '' ? 'empty' : origin}`, () => {
      assert.equal(statusOf({ ...READ, origin }, LOOPBACK), 403);
      assert.equal(statusOf({ ...CHANGE, origin }, LOOPBACK), 403);
    });
  }
});

describe('what a browser says of the page that calls', () => {
  for (const site of ['cross-site', 'same-site']) {
    it(`keeps out a page that is ${site}, from reads as well, whatever the route and the Origin`, () => {
      for (const route of ['/api/services', '/metrics', '/', undefined]) {
        assert.equal(statusOf({ ...READ, route, site }, LOOPBACK), 403);
        assert.equal(statusOf({ ...READ, route, site, origin: 'http://127.0.0.1:15001' }, LOOPBACK), 403);
      }
      assert.equal(statusOf({ ...CHANGE, site }, LOOPBACK), 403);
    });
  }

  for (const site of ['same-origin', 'none']) {
    it(`lets in ${site}`, () => assert.equal(statusOf({ ...READ, site }, LOOPBACK), 'allowed'));
  }
});

it('two Host fields are a bad request, on every address', () => {
  for (const rules of [LOOPBACK, EVERYWHERE, UNIX]) assert.equal(statusOf({ ...READ, hosts: 2 }, rules), 400);
});

describe('a call that changes something', () => {
  it('needs the token', () => {
    assert.equal(statusOf(CHANGE, LOOPBACK), 'allowed');
    assert.equal(statusOf({ ...CHANGE, authorization: 'bearer  the-token' }, LOOPBACK), 'allowed');
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer other',
      'Basic the-token',
      'Bearer the-token2',
    ]) {
      assert.equal(statusOf({ ...CHANGE, authorization }, LOOPBACK), 401, String(authorization));
    }
  });

  it('is refused for whatever method is not known to be safe', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      assert.equal(statusOf({ ...CHANGE, method, authorization: undefined }, LOOPBACK), 401);
    }
  });

  it('is refused where no token is configured, with what to do', () => {
    const rules = { ...LOOPBACK, token: undefined };
    assert.equal(statusOf({ ...CHANGE, authorization: 'Bearer undefined' }, rules), 403);
    assert.throws(() => checkAccess(CHANGE, rules), /admin\.token/);
  });

  it('needs none over a unix socket', () => {
    assert.equal(statusOf({ ...CHANGE, authorization: undefined }, { ...UNIX, token: undefined }), 'allowed');
  });
});

function statusOf(call: AdminCall, rules: AccessRules): number | 'allowed' {
  try {
    checkAccess(call, rules);
    return 'allowed';
  } catch (error) {
    assert.ok(error instanceof AdminProblem);
    return error.details.status;
  }
}

// The description of the admin API says what it does: it is valid, names every route, and every real answer is as it
// says.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OPERATIONS } from '../../../src/admin/openapi/operations.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

interface Described {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

const TOKEN = 'a-token';

async function startWorld(t: TestContext) {
  const consul = await startConsulAgent(t);
  const upstream = await startUpstream(t, (_request, response) => response.writeHead(500).end());
  const other = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'payments', id: 'payments-1', port: upstream.port });
  await consul.register({ name: 'payments', id: 'payments-2', port: other.port });
  await consul.register({ name: 'payments', id: 'payments-3', port: other.port, status: 'critical' });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { admin: { listen: '127.0.0.1:0', token: TOKEN } },
  });
  for (let i = 0; i < 10; i++) {
    await eventually(async () => {
      const response = await fetch(`${ambassador.url}/payments/x?secret=1`);
      await response.arrayBuffer();
      assert.ok(response.status === 200 || response.status === 500);
    });
  }
  return ambassador;
}

/** What each operation is called with beside what its path says. */
const CALLS: Readonly<Record<string, { readonly query?: string; readonly body?: object }>> = {
  '/api/explain': { query: '?target=/payments/x&method=POST&header=a:%20b' },
  '/api/timeline': { query: '?service=payments&kind=table&limit=10&sinceId=0' },
  '/api/log-level': { body: { level: 'warn', forSeconds: 60 } },
  '/api/services/:name/override': {
    body: { address: 'localhost:1', header: { name: 'x-dev' }, forSeconds: 60 },
  },
  '/api/services/:name/endpoints/:id/eject': { body: { durationSeconds: 60, who: 'Ada', why: 'a test' } },
};

test('the description is valid OpenAPI', async (t) => {
  const { adminUrl } = await startWorld(t);
  const document: OpenApi = JSON.parse(await (await fetch(`${adminUrl}/api/openapi.json`)).text());
  const { valid, errors } = await new Validator().validate({ ...document });
  assert.deepEqual([valid, errors], [true, undefined]);
});

test('every operation answers as it is described', { timeout: 60_000 }, async (t) => {
  const { adminUrl } = await startWorld(t);
  const document: OpenApi = JSON.parse(await (await fetch(`${adminUrl}/api/openapi.json`)).text());
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const { endpoints } = JSON.parse(await (await fetch(`${adminUrl}/api/services/payments`)).text());
  const { id } = endpoints.find(({ state }: { state: string }) => state !== 'critical');
  for (const { method, path, answers } of OPERATIONS) {
    const { query = '', body = {} } = CALLS[path] ?? {};
    const hasContent = method === 'post' || method === 'put';
    const filled = path.replace(':name', 'payments').replace(':id', encodeURIComponent(id));
    // A stream has no end; the tests of events read it.
    if (path === '/api/events') continue;
    const response = await fetch(`${adminUrl}${filled}${query}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(hasContent && { 'content-type': 'application/json' }),
      },
      ...(hasContent && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (path.endsWith('/override')) assert.equal(response.status, 200, text);
    const described = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method];
    const content = described?.responses[String(response.status)]?.content;
    assert.ok(content !== undefined, `${method} ${path} answers ${response.status}: ${text}`);
    const answer = answers[response.status];
    if (typeof answer === 'string' || Array.isArray(answer)) continue;
    const schema = content['application/json']?.schema ?? {};
    assert.ok(ajv.validate(schema, JSON.parse(text)), `${method} ${path}: ${ajv.errorsText()} in ${text}`);
  }
});

test('refusals are described by their status, and metrics in both of their formats', async (t) => {
  const { adminUrl } = await startWorld(t);
  const document: OpenApi = JSON.parse(await (await fetch(`${adminUrl}/api/openapi.json`)).text());
  const refused = async (path: string, template: string, init: RequestInit = {}) => {
    const response = await fetch(`${adminUrl}${path}`, init);
    const { status } = response;
    await response.arrayBuffer();
    const method = (init.method ?? 'GET').toLowerCase();
    const described = document.paths[template]?.[method]?.responses[String(status)];
    assert.ok(described?.content['application/problem+json'], `${method} ${path} answers ${status}`);
    return status;
  };
  const post = (token: string, body = '{}') => ({
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  const eject = '/api/services/{name}/endpoints/{id}/eject';
  assert.equal(await refused('/api/services/nope', '/api/services/{name}'), 404);
  assert.equal(await refused('/api/timeline?kind=nope', '/api/timeline'), 400);
  assert.equal(await refused('/api/log-level', '/api/log-level', post('wrong')), 401);
  assert.equal(await refused('/api/log-level', '/api/log-level', post(TOKEN, '{"level":"loud"}')), 400);
  assert.equal(await refused('/api/services/payments/endpoints/nope/eject', eject, post(TOKEN)), 404);
  assert.equal(
    await refused('/api/overview', '/api/overview', { headers: { origin: 'http://other.example' } }),
    403,
  );
  const scraped = await fetch(`${adminUrl}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
  await scraped.text();
  const [type = ''] = (scraped.headers.get('content-type') ?? '').split(';');
  assert.ok(document.paths['/metrics']?.['get']?.responses['200']?.content[type], type);
});

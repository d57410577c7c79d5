import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import { dashboardRoutes } from '../../../src/dashboard/dashboard-routes.ts';

function server(): FastifyInstance {
  const app = fastify();
  dashboardRoutes(app);
  return app;
}

describe('the files of the dashboard', () => {
  test('are found from the page on, import by import, and hold no types', async () => {
    const app = server();
    const { body: page } = await app.inject('/');
    const [, map = ''] = /<script type="importmap">(.*?)<\/script>/.exec(page) ?? [];
    const { imports }: { imports: Record<string, string> } = JSON.parse(map);
    const linked = [...page.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(([, path = '']) => path);
    const waiting = [...linked];
    const seen = new Set<string>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { statusCode, body, headers } = await app.inject(path);
      assert.equal(statusCode, 200, path);
      if (!String(headers['content-type']).startsWith('text/javascript')) continue;
      assert.doesNotMatch(body, /^(import|export) (type|interface)\b/m, path);
      for (const [, specifier = ''] of body.matchAll(/(?:\bfrom|^import)\s*["']([^"'\s]+)["']/gm)) {
        waiting.push(resolved(specifier, path, imports));
      }
    }
    assert.ok(seen.size > 30, `only ${seen.size} files`);
  });

  test('are sent once: the second time the browser gets 304', async () => {
    const app = server();
    const { headers } = await app.inject('/dashboard/style/tokens.css');
    const etag = String(headers['etag']);
    const again = await app.inject({
      url: '/dashboard/style/tokens.css',
      headers: { 'if-none-match': etag },
    });
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, '');
  });

  test('are the page’s alone: no path leads anywhere else', async () => {
    const app = server();
    const paths = [
      '../page.ts',
      '..%2fpage.ts',
      '%2e%2e/page.ts',
      'tsconfig.json',
      'index.html',
      'libraries/uplot/package.json',
    ];
    for (const path of paths) assert.equal((await app.inject(`/dashboard/${path}`)).statusCode, 404, path);
  });
});

describe('the documentation', () => {
  test('is listed by its titles, and read as plain text', async () => {
    const app = server();
    const { body: list } = await app.inject('/docs/');
    assert.match(list, /<a href="\/docs\/configuration\.md">Configuration/);
    const { body, headers } = await app.inject('/docs/configuration.md');
    assert.match(body, /^# /);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  });

  test('is that folder alone', async () => {
    const app = server();
    for (const name of ['..%2fpackage.json', 'dashboard.png', 'nothing.md'])
      assert.equal((await app.inject(`/docs/${name}`)).statusCode, 404, name);
  });
});

test('the page lets in nothing from elsewhere', async () => {
  const { headers } = await server().inject('/services/payments');
  const policy = String(headers['content-security-policy']);
  for (const rule of ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(rule), rule);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

function resolved(specifier: string, from: string, imports: Readonly<Record<string, string>>): string {
  if (specifier.startsWith('.')) return new URL(specifier, `http://page${from}`).pathname;
  const whole = imports[specifier];
  if (whole !== undefined) return whole;
  const prefix = Object.keys(imports).find((name) => name.endsWith('/') && specifier.startsWith(name)) ?? '';
  return `${imports[prefix]}${specifier.slice(prefix.length)}`;
}

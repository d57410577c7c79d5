// Serves a page that calls the sample service `ledger` from a browser, with the libraries as npm installed them: each
// server is an origin of its own.

import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, normalize } from 'node:path';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { LEDGER_DESCRIPTORS } from '../../../src/demo/ledger/descriptors.ts';
import { startUpstream } from '../upstreams.ts';
import type { CallingPage } from './page.ts';

const MODULES = join(import.meta.dirname, '../../../node_modules');

const PACKAGES = ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-web'];

const PAGE = `<!doctype html><title>A page that calls</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: importMap() })}</script>
<script type="module" src="/page.js"></script>`;

const SCRIPT = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'page.ts'), 'utf8'));

/** @returns the origin */
export async function serveCallingPage(t: Pick<TestContext, 'after'>): Promise<string> {
  const { port } = await startUpstream(t, ({ url = '/' }, response) => {
    if (url === '/') {
      response.setHeader('content-type', 'text/html').end(PAGE);
      return;
    }
    const script = url === '/page.js' ? SCRIPT : moduleAt(url);
    response.setHeader('content-type', 'text/javascript');
    if (script === undefined) response.statusCode = 404;
    response.end(script);
  });
  return `http://127.0.0.1:${port}`;
}

function moduleAt(url: string): string | undefined {
  const path = join(MODULES, normalize(url.replace(/^\/modules\//, '')));
  return path.startsWith(MODULES) && path.endsWith('.js') && existsSync(path)
    ? readFileSync(path, 'utf8')
    : undefined;
}

/** Where the browser finds what packages export. */
function importMap(): Record<string, string> {
  const imports: Record<string, string> = { 'grpc-web': '/modules/grpc-web/index.esm.js' };
  for (const name of PACKAGES) {
    const { exports }: { exports: Record<string, { import?: string }> } = JSON.parse(
      readFileSync(join(MODULES, name, 'package.json'), 'utf8'),
    );
    for (const [entry, target] of Object.entries(exports)) {
      if (target.import !== undefined) imports[join(name, entry)] = `/modules/${join(name, target.import)}`;
    }
  }
  return imports;
}

/** Calls one of the page's functions, with the descriptors at the end of its arguments. */
export function callFromPage<Name extends keyof CallingPage>(
  page: Page,
  name: Name,
  way: Parameters<CallingPage[Name]>[0],
  baseUrl: string,
): Promise<Awaited<ReturnType<CallingPage[Name]>>> {
  return page.evaluate(
    ([which, first, url, descriptors]) => {
      const { calls } = globalThis as unknown as {
        calls: Record<string, (...args: readonly unknown[]) => Promise<never>>;
      };
      return (calls[which as string] as (...args: readonly unknown[]) => Promise<never>)(
        first,
        url,
        descriptors,
      );
    },
    [name, way, baseUrl, LEDGER_DESCRIPTORS] as const,
  );
}

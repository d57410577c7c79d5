// The documentation that the package brings, as it is: Markdown is plain text that people read.

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Beside `src` and `dist` alike. */
const FOLDER = join(import.meta.dirname, '../../docs');

const TEXT = 'text/plain; charset=utf-8';

export function docsRoutes(app: FastifyInstance, folder = FOLDER): void {
  app.get('/docs/', async (_request, reply) => {
    const items = await Promise.all(documents(folder).map((name) => listItem(folder, name)));
    reply.type('text/html; charset=utf-8').header('content-security-policy', "default-src 'none'");
    return page(
      items.length === 0 ? '<p>This installation brings no documentation.</p>' : `<ul>${items.join('')}</ul>`,
    );
  });

  app.get<{ Params: { name: string } }>('/docs/:name', async ({ params: { name } }, reply) => {
    if (!documents(folder).includes(name)) return reply.callNotFound();
    return reply.type(TEXT).send(await readFile(join(folder, name), 'utf8'));
  });
}

/** Read anew each time: they are asked for by people, and seldom. */
function documents(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .toSorted();
  } catch {
    return [];
  }
}

async function listItem(folder: string, name: string): Promise<string> {
  const text = await readFile(join(folder, name), 'utf8');
  const [, title = name] = /^# (.+)$/m.exec(text) ?? [];
  return `<li><a href="/docs/${encodeURIComponent(name)}">${escaped(title)}</a></li>`;
}

function page(content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>Documentation · consul-ambassador</title></head><body><main><h1>Documentation</h1>${content}<p><a href="/">Back to the dashboard</a></p></main></body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

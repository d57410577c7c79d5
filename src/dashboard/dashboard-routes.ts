// The dashboard on the admin server: one document for every page of it, and the files that it loads.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asset } from './asset.ts';
import { docsRoutes } from './docs-routes.ts';
import type { Page } from './page.ts';
import { BASE, buildPage } from './page.ts';
import { PageFiles } from './page-files.ts';

/** The browser keeps a copy, and asks each time whether it still holds. */
const CACHE_CONTROL = 'no-cache';

/** Which page is shown at these is the browser's affair. */
const PAGES = ['/', '/services/:name', '/config'];

export function dashboardRoutes(app: FastifyInstance): void {
  docsRoutes(app);
  const files = new PageFiles();
  let page: Promise<Page> | undefined;

  for (const path of PAGES) {
    app.get(path, async (request, reply) => {
      page ??= buildPage();
      const built = await page;
      reply.headers(built.headers);
      return send(built, request, reply);
    });
  }

  app.get<{ Params: { '*': string } }>(`${BASE}*`, async (request, reply) => {
    const asset = files.find(request.params['*']);
    if (asset === undefined) return reply.callNotFound();
    return send(await asset, request, reply);
  });
}

function send({ body, type, etag }: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ 'cache-control': CACHE_CONTROL, etag });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(body);
}

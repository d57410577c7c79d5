// The least that fastify and undici can be made to do as a proxy: one handler object for each request, raw headers
// passed on, no policy but the pick.

import type { ServerResponse } from 'node:http';
import fastify from 'fastify';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import type { Target } from './least-loaded.ts';
import { LeastLoaded } from './least-loaded.ts';
import { KEEP_ALIVE_MS, PREFIX, portsGiven } from './ports.ts';

/** Those of one connection, which are not passed on (RFC 9110 §7.6.1). */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

const { port, origins } = portsGiven();
const endpoints = new LeastLoaded(
  origins.map((origin) => new Pool(origin, { connections: 1_024, pipelining: 1 })),
);

class Attempt implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #target: Target<Pool>;

  constructor(response: ServerResponse, target: Target<Pool>) {
    this.#response = response;
    this.#target = target;
  }

  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    this.#response.writeHead(status, passedOn(controller.rawHeaders ?? []));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#response.end();
    endpoints.done(this.#target, this.#response.statusCode);
  }

  onResponseError(): void {
    endpoints.done(this.#target, 0);
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end();
  }
}

function passedOn(raw: readonly (string | Buffer)[] | Dispatcher.DispatchController['rawHeaders']): string[] {
  const fields: string[] = [];
  if (!Array.isArray(raw)) return fields;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]);
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) fields.push(name, String(raw[i + 1]));
  }
  return fields;
}

const app = fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', (_request, _payload, done) => done(null));
app.all(`${PREFIX}/*`, (request, reply) => {
  reply.hijack();
  const { raw } = request;
  const target = endpoints.pick();
  target.value.dispatch(
    {
      path: raw.url?.slice(PREFIX.length) ?? '/',
      method: raw.method as Dispatcher.HttpMethod,
      headers: passedOn(raw.rawHeaders),
      body: raw.method === 'GET' ? null : raw,
    },
    new Attempt(reply.raw, target),
  );
});
await app.listen({ port, host: '127.0.0.1', backlog: 4_096 });

// A small HTTP service to call: it tells who answered and what arrived, and fails or dawdles when asked to.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { pause } from './wait.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SLOWNESS_MS = 60_000;

export interface SampleServiceOptions {
  readonly service: string;
  /** Names this instance in its answers. */
  readonly instance: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface SampleService {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `/health` answers 200, or what `POST /health?status=503` set; `/slow?ms=500` answers later; `/fail` answers
 * 500 or `?status=`; every other path answers 200. The answer is JSON and repeats the request.
 */
export async function startSampleService(options: SampleServiceOptions): Promise<SampleService> {
  let healthStatus = 200;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://sample');
    const wantedStatus = statusIn(url);
    if (url.pathname === '/health' && request.method === 'POST') healthStatus = wantedStatus ?? 200;
    if (url.pathname === '/slow') await pause(millisecondsIn(url));

    const status = { '/health': healthStatus, '/fail': wantedStatus ?? 500 }[url.pathname] ?? 200;
    response.writeHead(body === undefined ? 413 : status, { 'content-type': 'application/json' });
    response.end(
      `${JSON.stringify({
        service: options.service,
        instance: options.instance,
        method: request.method,
        path: request.url,
        headers: request.headers,
        ...(body === undefined || body === '' ? {} : { body }),
      })}\n`,
    );
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sample service has no port');
  return {
    port: address.port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function statusIn(url: URL): number | undefined {
  const status = Number(url.searchParams.get('status'));
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}

function millisecondsIn(url: URL): number {
  const ms = Number(url.searchParams.get('ms') ?? 1_000);
  return ms >= 0 ? Math.min(ms, MAX_SLOWNESS_MS) : 0;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// One endpoint for each way to speak HTTP, which says what reached it.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Issued } from '../../../support/certificates.ts';

export interface ClientsEndpoint {
  /** Its service. */
  readonly name: string;
  /** What it is spoken with, by its own word. */
  readonly version: '1.1' | '2.0';
  readonly isSecure: boolean;
  /** What the configuration says of it beside `discover`. */
  readonly config: (caFile: string) => object;
  readonly listen: (own: Issued) => Server;
}

function respond(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): void {
  const hash = createHash('sha256');
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    const text = `${request.method} ${request.url} over ${request.httpVersion}: ${length} ${hash.digest('hex')}`;
    (response as ServerResponse).writeHead(200, { 'content-type': 'text/plain' }).end(`${text}\n`);
  });
}

const tls = (caFile: string) => ({ tls: { caFile, serverName: 'endpoints.test' } });

export const ENDPOINTS: readonly ClientsEndpoint[] = [
  { name: 'h1', version: '1.1', isSecure: false, config: () => ({}), listen: () => createServer(respond) },
  {
    name: 'h2c',
    version: '2.0',
    isSecure: false,
    config: () => ({ protocol: 'h2c' }),
    listen: () => createHttp2Server(respond),
  },
  {
    name: 'h1-tls',
    version: '1.1',
    isSecure: true,
    config: tls,
    listen: (own) => createHttpsServer(own, respond),
  },
  {
    name: 'h2-tls',
    version: '2.0',
    isSecure: true,
    config: tls,
    listen: (own) => createSecureServer(own, respond),
  },
];

/** @param after is given what ends it, with all connections. @returns its port */
export async function listenOn(server: Server, after: (end: () => void) => void): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

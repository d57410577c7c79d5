// Peers that send much and read slowly, over every protocol that the ambassador carries.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { ClientHttp2Session, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { Issued } from './certificates.ts';

type Scope = Pick<TestContext, 'after'>;

/** Towards the endpoint, or back. */
export type Direction = 'up' | 'down';

/** How much a slow reader takes before it rests, and for how long. */
const STEP_BYTES = 2 * 1024 * 1024;
const REST_MS = 10;

/** How long it takes nothing at all at first: until everything in between is full. */
const FIRST_REST_MS = 300;

const CHUNK = Buffer.alloc(64 * 1024, 0x5a);

/** @returns how many bytes came until the end */
export function readSlowly(stream: Readable): Promise<number> {
  let bytes = 0;
  let sinceRest = STEP_BYTES;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    sinceRest += chunk.length;
    if (sinceRest < STEP_BYTES) return;
    stream.pause();
    setTimeout(() => stream.resume(), bytes === sinceRest - STEP_BYTES ? FIRST_REST_MS : REST_MS);
    sinceRest = 0;
  });
  return new Promise((resolve, reject) => {
    stream.on('end', () => resolve(bytes));
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error(`broken off after ${bytes} bytes`)));
  });
}

/** As fast as it is taken, and then the end. */
export function writeAll(stream: Writable, total: number): void {
  let left = total;
  const go = (): void => {
    while (left > 0 && !stream.destroyed) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!stream.write(chunk)) {
        stream.once('drain', go);
        return;
      }
    }
    stream.end();
  };
  go();
}

/** `GET /BYTES` is responded to with so many; what is sent is read slowly, and counted in the response. */
function serve(
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
): void {
  const response = outgoing as ServerResponse;
  if (incoming.method === 'GET') {
    incoming.resume();
    writeAll(response, Number((incoming.url ?? '').slice(1)));
    return;
  }
  readSlowly(incoming).then(
    (bytes) => response.end(String(bytes)),
    () => response.destroy(),
  );
}

/** A connection begins with `up` or the number of bytes to send. */
function serveBytes(socket: Duplex): void {
  socket.on('error', () => {});
  socket.once('readable', () => {
    const first = (socket.read(COMMAND_BYTES) as Buffer).toString('latin1').trim();
    if (first !== 'up') {
      writeAll(socket, Number(first));
      socket.resume();
      return;
    }
    readSlowly(socket).then(
      (bytes) => socket.end(String(bytes)),
      () => socket.destroy(),
    );
  });
}

const COMMAND_BYTES = 16;

function command(direction: Direction, total: number): string {
  return (direction === 'up' ? 'up' : String(total)).padEnd(COMMAND_BYTES);
}

/** The endpoints by the name of their service. */
export const SLOW_ENDPOINTS: Readonly<Record<string, (own: Issued) => Server>> = {
  h1: () => createServer(serve),
  h2c: () => createHttp2Server(serve),
  'h1-tls': (own) => createHttpsServer(own, serve),
  'h2-tls': (own) => createSecureServer(own, serve),
  tcp: () => createTcpServer({ allowHalfOpen: true }, serveBytes),
  'tcp-tls': (own) => createTlsServer({ ...own, allowHalfOpen: true }, serveBytes),
};

/** @returns its port */
export async function listenSlow(t: Scope, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** What a transfer needs to know. @returns the bytes that the reader got */
export type Transfer = (
  port: number,
  service: string,
  direction: Direction,
  total: number,
) => Promise<number>;

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Content with a length. */
export const overHttp1: Transfer = (port, service, direction, total) => {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request({
    port,
    host: '127.0.0.1',
    agent: false,
    path: `/${service}/${direction === 'down' ? total : ''}`,
    ...(direction === 'up' ? { method: 'PUT', headers: { 'content-length': total } } : {}),
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    if (direction === 'down') readSlowly(response).then(resolve, reject);
    else textOf(response).then((text) => resolve(Number(text)), reject);
  });
  if (direction === 'up') writeAll(sent, total);
  else sent.end();
  return promise;
};

export const overHttp2: Transfer = async (port, service, direction, total) => {
  const session = await openSession(port);
  const stream = session.request(
    { ':method': direction === 'up' ? 'PUT' : 'GET', ':path': `/${service}/${total}` },
    { endStream: direction === 'down' },
  );
  try {
    if (direction === 'down') return await readSlowly(stream);
    writeAll(stream, total);
    return Number(await textOf(stream));
  } finally {
    session.destroy();
  }
};

/** A port of its own. */
export const overTcp: Transfer = async (port, _service, direction, total) => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  return transferBytes(socket, direction, total);
};

/** A tunnel over HTTP/1.1. */
export const overConnect: Transfer = async (port, service, direction, total) => {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const sent = request({
    port,
    host: '127.0.0.1',
    agent: false,
    method: 'CONNECT',
    path: `${service}.service.consul:80`,
  });
  sent.on('error', reject);
  sent.on('connect', (_response, socket) => resolve(socket));
  sent.end();
  const socket = await promise;
  return transferBytes(socket, direction, total);
};

/** A tunnel over HTTP/2. */
export const overHttp2Connect: Transfer = async (port, service, direction, total) => {
  const session = await openSession(port);
  const stream = session.request(
    { ':method': 'CONNECT', ':authority': `${service}.service.consul:80` },
    { endStream: false },
  );
  try {
    return await transferBytes(stream, direction, total);
  } finally {
    session.destroy();
  }
};

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => session.once('connect', resolve).once('error', reject));
  return session;
}

async function transferBytes(stream: Duplex, direction: Direction, total: number): Promise<number> {
  try {
    stream.write(command(direction, total));
    if (direction === 'down') return await readSlowly(stream);
    writeAll(stream, total);
    return Number(await textOf(stream));
  } finally {
    stream.destroy();
  }
}

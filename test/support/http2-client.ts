// A client of HTTP/2 as Node.js has it, and what one request brought.

import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import type { TestContext } from 'node:test';

export interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly interim: readonly unknown[];
  readonly body: Buffer;
  readonly text: string;
  /** The code with which the stream ended. */
  readonly code: number | undefined;
}

export async function http2Client(t: Pick<TestContext, 'after'>, port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  t.after(() => session.destroy());
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

/** @param body sent with END_STREAM at its end; undefined for a request without content */
export function http2Request(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Received> {
  const { promise, resolve } = Promise.withResolvers<Received>();
  const stream = session.request(headers, { endStream: body === undefined });
  const interim: unknown[] = [];
  const chunks: Buffer[] = [];
  let response: Received['headers'] = {};
  let trailers: Received['trailers'] = {};
  stream.on('headers', (each) => interim.push(each[':status']));
  stream.on('response', (each) => {
    response = { ...each };
  });
  stream.on('trailers', (each) => {
    trailers = { ...each };
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {});
  stream.on('close', () => {
    const bytes = Buffer.concat(chunks);
    resolve({
      headers: response,
      trailers,
      interim,
      body: bytes,
      text: bytes.toString(),
      code: stream.rstCode,
    });
  });
  if (body !== undefined) stream.end(body);
  return promise;
}

// A client of gRPC-Web that shows what came, byte for byte. Source: grpc/grpc, doc/PROTOCOL-WEB.md.

import { request } from 'node:http';

const PREFIX_BYTES = 5;
const TRAILERS = 0x80;

export interface GrpcWebCall {
  /** Default `application/grpc-web+proto`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is on the wire, in base64 or not. */
  readonly content: Buffer;
  /** Called with what has come so far. */
  readonly onData?: (received: Buffer) => void;
  readonly signal?: AbortSignal;
}

export interface GrpcWebResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly messages: readonly Buffer[];
  /** The lines of the last frame; undefined where it holds no trailers. */
  readonly trailers: Readonly<Record<string, string>> | undefined;
}

export function grpcWebMessage(message: Buffer | string): Buffer {
  const bytes = Buffer.from(message);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** @throws when the connection breaks off before the end of the response */
export function callGrpcWeb(url: string, call: GrpcWebCall): Promise<GrpcWebResult> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal: call.signal,
      headers: {
        'content-type': call.contentType ?? 'application/grpc-web+proto',
        'x-grpc-web': '1',
        ...call.headers,
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        call.onData?.(Buffer.concat(chunks));
      });
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const { statusCode: status = 0, headers } = response;
        const isText = String(headers['content-type']).startsWith('application/grpc-web-text');
        resolve({ status, headers, body, ...framesIn(isText ? fromPieces(body) : body) });
      });
    });
    sent.end(call.content);
  });
}

/** Each piece of base64 may be padded. */
function fromPieces(body: Buffer): Buffer {
  const pieces = body.toString('latin1').match(/.{4}/gs) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

function framesIn(body: Buffer): Pick<GrpcWebResult, 'messages' | 'trailers'> {
  const messages: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + PREFIX_BYTES + body.readUInt32BE(at + 1);
    const content = body.subarray(at + PREFIX_BYTES, end);
    if (((body[at] ?? 0) & TRAILERS) !== 0) {
      if (end !== body.length) throw new Error('something follows the trailers');
      return { messages, trailers: linesIn(content) };
    }
    messages.push(content);
    at = end;
  }
  return { messages, trailers: undefined };
}

function linesIn(block: Buffer): Record<string, string> {
  const lines = block.toString('latin1').split('\r\n');
  if (lines.pop() !== '') throw new Error('the last line of the trailers has no end');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

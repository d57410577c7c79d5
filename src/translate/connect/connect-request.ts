// Whether a request is one of the Connect protocol, and which. Source: connectrpc.com/docs/protocol, "Unary-Request",
// "Unary-Get-Request", "Streaming-Request".

import { fieldValue } from '../../http/fields.ts';
import type { RequestHead } from '../../http/message.ts';
import type { CodecName } from './connect-codec.ts';
import { isCodecName } from './connect-codec.ts';

interface Call {
  readonly path: string;
  readonly codec: CodecName;
  /** Of its content, or of the messages in it, as the client says it. */
  readonly compression: string | undefined;
}

export type ConnectRequest =
  | (Call & { readonly kind: 'unary' | 'stream' })
  | (Call & { readonly kind: 'get'; readonly message: Buffer })
  /** Of the protocol, and yet not as it must be. */
  | { readonly kind: 'faulty'; readonly path: string; readonly fault: string };

const CONTENT_TYPE = /^application\/(?<stream>connect\+)?(?<codec>json|proto)\s*(?:;|$)/i;

/** @param target path and query, without what named the service */
export function connectRequest({ method, fields }: RequestHead, target: string): ConnectRequest | undefined {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  if (method === 'GET') return mark === -1 ? undefined : getRequest(path, target.slice(mark + 1));
  if (method !== 'POST') return undefined;
  const { stream, codec } = CONTENT_TYPE.exec(fieldValue(fields, 'content-type') ?? '')?.groups ?? {};
  const name = codec?.toLowerCase();
  if (!isCodecName(name)) return undefined;
  // JSON without a word of the protocol is that of clients that know none.
  const version = fieldValue(fields, 'connect-protocol-version');
  if (stream === undefined && name !== 'proto' && version === undefined) return undefined;
  if (version !== undefined && version !== '1') {
    return { kind: 'faulty', path, fault: `connect-protocol-version ${version} is not known; expected 1` };
  }
  const kind = stream === undefined ? 'unary' : 'stream';
  const compression = fieldValue(fields, kind === 'unary' ? 'content-encoding' : 'connect-content-encoding');
  return { kind, path, codec: name, compression };
}

function getRequest(path: string, query: string): ConnectRequest | undefined {
  const parameters = new URLSearchParams(query);
  const version = parameters.get('connect');
  const message = parameters.get('message');
  const codec = parameters.get('encoding') ?? undefined;
  if (version === null && (message === null || codec === undefined)) return undefined;
  if (version !== null && version !== 'v1') {
    return { kind: 'faulty', path, fault: `connect=${version} is not known; expected connect=v1` };
  }
  if (!isCodecName(codec)) return { kind: 'faulty', path, fault: 'expected encoding=json or encoding=proto' };
  const isBase64 = parameters.get('base64') === '1';
  return {
    kind: 'get',
    path,
    codec,
    message: Buffer.from(message ?? '', isBase64 ? 'base64url' : 'utf8'),
    compression: parameters.get('compression') ?? undefined,
  };
}

/** Milliseconds; undefined where the client says nothing that can be read. */
export function connectTimeoutMs({ fields }: RequestHead): number | undefined {
  const value = fieldValue(fields, 'connect-timeout-ms');
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}

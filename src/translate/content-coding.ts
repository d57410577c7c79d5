// Content, or single messages, that clients send compressed by gzip, which all clients have that compress at all.
// Source: RFC 9110 §8.4.1; gRPC over HTTP/2 ("Message-Encoding"); connectrpc.com/docs/protocol ("Content-Coding").

import { AmbassadorError } from '../core/errors.ts';

export type Coding = 'identity' | 'gzip';

/** Undefined for one that is not known here. */
export function codingNamed(name: string | undefined): Coding | undefined {
  switch (name?.toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
      return 'gzip';
    default:
      return undefined;
  }
}

/**
 * Of the messages of a call.
 * @param name as the client says it; undefined where it says nothing
 * @throws AmbassadorError `not_implemented` for one that is not known here
 */
export function messageCoding(name: string | undefined): Coding {
  const coding = codingNamed(name);
  if (coding !== undefined) return coding;
  throw new AmbassadorError(
    'not_implemented',
    `The call is compressed with ${name}; expected gzip or no compression.`,
  );
}

/** What came is not as its coding has it, or is too large without it. */
export class CodingFault extends Error {
  override readonly name = 'CodingFault';
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge: boolean) {
    super(message);
    this.tooLarge = tooLarge;
  }
}

/** Loaded when the first compressed content comes. */
let zlib: typeof import('node:zlib') | undefined;

/**
 * @param maxBytes the most that it may be without its coding
 * @throws CodingFault
 */
export function decoded(content: Buffer, coding: Coding, maxBytes: number): Buffer {
  // Nothing stays nothing: a message without fields needs no compression.
  if (coding === 'identity' || content.length === 0) return content;
  zlib ??= process.getBuiltinModule('node:zlib');
  try {
    return zlib.gunzipSync(content, { maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const fault = tooLarge
      ? `it would be larger than ${maxBytes} bytes, which maxMessage of translate allows`
      : 'it is not gzip';
    throw new CodingFault(fault, tooLarge);
  }
}

/**
 * As `decoded`, of the content of a request.
 * @throws AmbassadorError `message_too_large`, `untranslatable_request`
 */
export function decodedContent(content: Buffer, coding: Coding, maxBytes: number): Buffer {
  try {
    return decoded(content, coding, maxBytes);
  } catch (error) {
    if (!(error instanceof CodingFault)) throw error;
    throw new AmbassadorError(
      error.tooLarge ? 'message_too_large' : 'untranslatable_request',
      `The content cannot be decompressed: ${error.message}.`,
    );
  }
}

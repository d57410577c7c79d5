// node:http2, loaded at the first connection that speaks it (and by fastify, where the admin API is served).

type Http2 = typeof import('node:http2');

let loaded: Http2 | undefined;

export function http2(): Http2 {
  loaded ??= process.getBuiltinModule('node:http2');
  return loaded;
}

/** Error codes (RFC 9113 §7). */
export const NO_ERROR = 0x0;
export const INTERNAL_ERROR = 0x2;
export const CANCEL = 0x8;
export const CONNECT_ERROR = 0xa;
export const ENHANCE_YOUR_CALM = 0xb;

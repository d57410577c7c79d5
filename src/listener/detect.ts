// What a client speaks, by its first bytes. Source: RFC 9113 §3.4 (the preface of HTTP/2), RFC 8446 §5.1 (TLS records),
// HAProxy's PROXY protocol, versions 1 and 2.

export type Protocol = 'http/1.1' | 'h2' | 'tls' | 'proxy-protocol';

interface Signature {
  readonly protocol: Protocol;
  readonly begin: Buffer;
}

const SIGNATURES: readonly Signature[] = [
  { protocol: 'h2', begin: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') },
  { protocol: 'tls', begin: Buffer.from([0x16, 0x03]) },
  { protocol: 'proxy-protocol', begin: Buffer.from('PROXY ') },
  { protocol: 'proxy-protocol', begin: Buffer.from('\r\n\r\n\0\r\nQUIT\n') },
];

/** @returns undefined while more bytes are needed */
export function detectProtocol(bytes: Buffer): Protocol | undefined {
  let undecided = false;
  for (const { protocol, begin } of SIGNATURES) {
    const seen = Math.min(begin.length, bytes.length);
    if (bytes.compare(begin, 0, seen, 0, seen) !== 0) continue;
    if (seen === begin.length) return protocol;
    undecided = true;
  }
  return undecided ? undefined : 'http/1.1';
}

/** A method, a space, and what a target of HTTP/1.1 begins with (RFC 9112 §3.2): a path, `*` or a URL. */
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:[/*]|https?:\/\/)/i;
const LONGEST_BEGINNING = 32 + ' https://'.length;

/** All that still may become one. */
const PARTIAL_REQUEST_LINE =
  /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,32}|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} (?:h|ht|htt|https?:?|https?:\/)?)$/i;

/**
 * What a client sends inside of a tunnel that may be for any protocol.
 * @returns undefined while more bytes are needed
 */
export function detectInside(bytes: Buffer): 'http/1.1' | 'h2' | 'other' | undefined {
  const protocol = detectProtocol(bytes);
  if (protocol !== 'http/1.1') return protocol === undefined || protocol === 'h2' ? protocol : 'other';
  const beginning = bytes.toString('latin1', 0, Math.min(bytes.length, LONGEST_BEGINNING));
  if (REQUEST_LINE.test(beginning)) return 'http/1.1';
  return PARTIAL_REQUEST_LINE.test(beginning) ? undefined : 'other';
}

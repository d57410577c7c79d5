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

/** @returns undefined while more bytes could still tell */
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

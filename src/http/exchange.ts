// The downstream side as the proxy sees it: one request that came in and the answer to it. A listener implements
// this; the proxy knows no HTTP server.

import type { Duplex, Readable } from 'node:stream';
import type { RawHeaders } from './attempt.ts';

export interface Exchange {
  readonly method: string;
  /** The request target as received, byte for byte. */
  readonly target: string;
  readonly httpVersion: string;
  readonly headers: RawHeaders;
  /** Undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  /** The service whose own listener this came in on. */
  readonly listenerService: string | undefined;
  /** The request's content as it arrives; null when the message has none. */
  readonly body: Readable | null;
  /** Its Content-Length; undefined for one that ends with its last chunk. */
  readonly bodyLength: number | undefined;
  /** The protocol the caller asks to switch to. */
  readonly upgrade: string | undefined;

  /** Called once when the caller leaves before its answer is complete. */
  onAbandoned(listener: () => void): void;
  /** Tells a caller that waits for it to send the content (RFC 9110 §10.1.1); otherwise nothing. */
  continueBody(): void;
  informational(status: number, headers: RawHeaders): void;
  /** Begins the answer. Fields of the connection are the listener's own affair. */
  start(status: number, statusText: string, headers: RawHeaders): void;
  /** False asks to wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Sends what has been given so far: more may take long. Head and body of an answer at hand leave together. */
  flush(): void;
  end(trailers: RawHeaders): void;
  /** Breaks the answer off so that the caller cannot take it for a whole one. */
  abort(): void;
  /** Answers 101 and gives the connection to the tunnel. */
  switchProtocols(statusText: string, headers: RawHeaders): Duplex;
  /** Bytes of content written to the caller so far. */
  readonly bytesWritten: number;
}

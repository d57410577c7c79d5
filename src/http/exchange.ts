// One request that came in, and the way to respond to it. A listener implements this, whatever version of HTTP it
// speaks; the proxy knows nothing else of clients.

import type { ConnectionStream } from '../net/connection-stream.ts';
import type { Body, BodySink } from './body.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import type { WireProgress } from './progress.ts';

/** A connection that a client has been given for a CONNECT, and what becomes of it. One of the three is called, once. */
export interface ClientTunnel {
  /** The host that the requests inside are for; undefined where each of them says so itself. */
  readonly authority: string | undefined;
  /** What came is HTTP: its requests are exchanges from now on. */
  readonly carriesRequests: () => void;
  /**
   * What came is no HTTP, or nothing came for a while.
   * @param stream paused
   * @param first what was read of it already
   */
  readonly carriesBytes: (stream: ConnectionStream, first: Buffer | undefined) => void;
  /** The client has left before that was known. */
  readonly abandoned: () => void;
}

export interface Exchange {
  readonly head: RequestHead;
  /** Undefined when the request has no content. */
  readonly body: Body | undefined;
  /** Undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  /** The service whose own listener this came in on; undefined where the request names it. */
  readonly listenerService: string | undefined;
  /** The host of the CONNECT in whose tunnel this came: it governs where the request goes. Undefined outside of tunnels. */
  readonly tunnelAuthority: string | undefined;
  /** Bytes of content given to the client so far. */
  readonly bytesWritten: number;
  readonly progress: WireProgress;

  /** Called once when the client leaves before its response is complete. */
  onAbandoned(listener: () => void): void;
  /** Asks a client that waits for it to send the content (RFC 9110 §10.1.1); otherwise, and again, nothing. */
  continueBody(): void;
  /** Passes on an interim response other than 100 and 101 (RFC 9110 §15.2). */
  inform(head: ResponseHead): void;
  /** Begins the response. Fields of the connection are the listener's own affair. */
  respond(head: ResponseHead): ResponseWriter;
  /** Responds 101, or 200 to CONNECT, and gives the connection away. */
  tunnel(head: ResponseHead): ConnectionStream;
  /** Responds 200 to CONNECT, and looks at what the client sends then (RFC 9110 §9.3.6). */
  lookInside(tunnel: ClientTunnel): void;
  /** Ends the exchange at any moment, so that nothing sent so far can be taken for a whole response. */
  reset(): void;
  /** Ends the exchange and its connection at once, without waiting for the client to read what was sent. */
  destroy(): void;
}

/** A response on its way to the client. */
export interface ResponseWriter extends BodySink {
  /** Called each time when the client can take more after `data` returned false. */
  onDrain(listener: () => void): void;
  /** Sends what has been given so far, since more may take long. Head and body at hand leave together. */
  flush(): void;
  /** Whether the kernel has taken over all that was given. */
  readonly taken: boolean;
  /** Called once, after `end`, when the kernel has taken over all; false when the connection broke off before. */
  onTaken(listener: (whole: boolean) => void): void;
}

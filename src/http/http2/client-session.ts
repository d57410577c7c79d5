// One connection to an endpoint over HTTP/2, and the streams that it carries.

import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Connected, Dialer, DialTarget, Reader } from '../../net/dial.ts';
import { handshakeFailureOf } from '../../net/handshake.ts';
import { SocketProgress } from '../../net/socket-progress.ts';
import type { TransportFailure } from '../attempt.ts';
import { doubtOf } from '../silent-end.ts';
import { toTransportFailure } from '../transport-failure.ts';
import type { PingOptions } from '../transport-options.ts';
import type { Http2Attempt } from './client-attempt.ts';
import { errorName, leftOut, NO_ERROR, streamFailure } from './client-failures.ts';
import { ClientPings } from './client-pings.ts';
import type { StreamOwner } from './client-stream.ts';
import { Http2ClientStream } from './client-stream.ts';
import { TAKES_WHITESPACE } from './field-lines.ts';
import { spokenInstead } from './spoken-instead.ts';

/** Who owns the connection, and is notified of what becomes of it. */
export interface SessionOwner {
  /** It carries streams now, or may carry more than before. */
  available(session: Http2ClientSession): void;
  /** It carries none any more. */
  idle(session: Http2ClientSession): void;
  /** It takes no new streams. */
  retired(session: Http2ClientSession): void;
  /** It is closed; `failure` when it never stood. Called once, last. */
  closed(session: Http2ClientSession, failure: TransportFailure | undefined): void;
  /** A fault of our own has ended a stream. */
  fault(error: unknown): void;
}

export interface Http2ClientSessionOptions {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
  readonly pings: PingOptions;
}

/** What is offered where connections are encrypted. */
const ALPN: readonly string[] = ['h2'];

/** The most streams on one connection, whatever more the endpoint allows. Source: Envoy's default since 1.36. */
export const MAX_STREAMS = 1_024;

/** What an endpoint may send on one stream before its reader has taken it: the most that waits for a slow client. */
const STREAM_WINDOW = 256 * 1024;

/** The same of a whole connection, whose bytes are taken at once, so that it only bounds what is on the way. */
const CONNECTION_WINDOW = 4 * 1024 * 1024;

/** Field lines of one message; their bytes are bounded beside. */
const MAX_FIELD_LINES = 2_000;

/** Requests may have larger heads than Node.js would send: their own limit is at the listener. */
const MAX_SENT_HEAD = 16 * 1024 * 1024;

/** How long an endpoint may take to close its side after ours, in milliseconds. */
const CLOSE_MS = 1_000;

/** What is kept of the text in a GOAWAY. */
const MAX_GOAWAY_TEXT = 100;

/** Node.js reads for a session by itself. */
const UNREAD: Reader = { buffer: () => Buffer.allocUnsafe(1024), read: () => {} };

interface GoAway {
  readonly code: number;
  readonly lastStreamId: number;
}

export class Http2ClientSession implements StreamOwner {
  readonly progress: SocketProgress;
  readonly maxHeaderBytes: number;
  /** When its last stream ended, by the monotonic clock. */
  idleSince = 0;
  readonly #options: Http2ClientSessionOptions;
  readonly #owner: SessionOwner;
  readonly #socket: Socket;
  readonly #streams = new Set<Http2ClientStream>();
  #session: ClientHttp2Session | undefined;
  #pings: ClientPings | undefined;
  /** The endpoint has sent its settings: it speaks HTTP/2. */
  #ready = false;
  #connected: Connected | undefined;
  #maxStreams = 0;
  #goAway: GoAway | undefined;
  #retired = false;
  #over = false;
  #error: Error | undefined;
  #lateClose: ScheduledTask | undefined;

  constructor(options: Http2ClientSessionOptions, owner: SessionOwner) {
    this.#options = options;
    this.#owner = owner;
    this.maxHeaderBytes = options.maxHeaderBytes;
    const { dialer, target } = options;
    this.#socket = dialer.dial(target, UNREAD, (connected) => this.#begin(connected), ALPN);
    this.progress = new SocketProgress(this.#socket);
    // These come before the listeners of the session, which ends the streams without regard to what they have received.
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('end', () => this.#closedByEndpoint());
    this.#socket.on('close', () => this.#closed());
  }

  /** How many more streams it takes now. */
  get free(): number {
    return this.#retired || !this.#ready ? 0 : this.#maxStreams - this.#streams.size;
  }

  /** How many streams it takes at once. */
  get maxStreams(): number {
    return this.#maxStreams;
  }

  get streams(): number {
    return this.#streams.size;
  }

  get secure(): boolean {
    return this.#connected?.secure === true;
  }

  /** Whether the endpoint takes extended CONNECT (RFC 8441 §3). */
  get tunnels(): boolean {
    return this.#session?.remoteSettings.enableConnectProtocol === true;
  }

  /** The largest head that the endpoint says it takes, in bytes (RFC 9113 §6.5.2). */
  get maxHeadBytes(): number {
    return this.#session?.remoteSettings.maxHeaderListSize ?? Number.POSITIVE_INFINITY;
  }

  carry(attempt: Http2Attempt): void {
    if (this.#session === undefined) throw new Error('The connection does not stand.');
    let stream: Http2ClientStream;
    try {
      stream = new Http2ClientStream(this.#session, attempt, this);
    } catch (error) {
      this.retire();
      attempt.fail({ reason: 'upstream_reset', neverSent: true, neutral: true, detail: String(error) });
      return;
    }
    this.#streams.add(stream);
    this.#pings?.start();
    stream.start();
  }

  /** Takes no new streams; those under way go on, and with the last the connection closes. */
  retire(): void {
    if (!this.#retired) {
      this.#retired = true;
      this.#owner.retired(this);
    }
    if (this.#streams.size === 0) this.#end();
  }

  /** Closes it at once; what it carries fails with this. */
  destroy(error: Error): void {
    this.#lost(error);
    this.#socket.destroy(error);
  }

  failureOf(stream: Http2ClientStream, code: number): TransportFailure {
    const { id, responding } = stream;
    const goAway = this.#goAway;
    if (id === undefined) return leftOut(goAway?.code ?? NO_ERROR);
    if (goAway !== undefined && id > goAway.lastStreamId) return leftOut(goAway.code);
    if (this.#error !== undefined) return this.#lossOf(stream, this.#error);
    return streamFailure(code, responding);
  }

  dropped(silent: boolean): void {
    if (silent) this.#pings?.ask();
  }

  streamClosed(stream: Http2ClientStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) {
      this.#pings?.pause();
      if (this.#retired) {
        this.#end();
        return;
      }
      this.#owner.idle(this);
    }
    if (!this.#retired) this.#owner.available(this);
  }

  fault(error: unknown): void {
    this.#owner.fault(error);
  }

  #begin(connected: Connected): void {
    const { secure, protocol } = connected;
    if (secure && protocol !== 'h2') {
      this.#socket.destroy(
        new Error('the endpoint did not choose h2 by ALPN: it does not speak HTTP/2 here'),
      );
      return;
    }
    this.#connected = connected;
    const session = connect('http://endpoint', {
      createConnection: () => this.#socket,
      maxHeaderListPairs: MAX_FIELD_LINES,
      maxSendHeaderBlockLength: MAX_SENT_HEAD,
      ...TAKES_WHITESPACE,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW,
        maxHeaderListSize: this.maxHeaderBytes,
      },
    });
    this.#session = session;
    session.setLocalWindowSize(CONNECTION_WINDOW);
    this.#pings = new ClientPings({
      session,
      clock: this.#options.clock,
      pings: this.#options.pings,
      bytesRead: () => this.#socket.bytesRead,
      onDead: () => {
        const { timeoutMs } = this.#options.pings;
        this.destroy(new SilentEndpoint(`the endpoint did not answer a PING within ${timeoutMs} ms`));
      },
    });
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#maxStreams = Math.min(MAX_STREAMS, maxConcurrentStreams ?? MAX_STREAMS);
      this.#ready = true;
      this.#owner.available(this);
    });
    session.on('goaway', (code, lastStreamId, text) => this.#goneAway(code, lastStreamId, text));
    session.on('error', (error) => this.#lost(error));
    // Streams end by it before `error` is emitted.
    const destroy = session.destroy.bind(session);
    session.destroy = (error, code) => {
      if (error instanceof Error) this.#error ??= error;
      destroy(error, code);
    };
    session.on('frameError', () => this.retire());
    session.on('close', () => this.#end());
  }

  #goneAway(code: number, lastStreamId: number, text: Uint8Array | undefined): void {
    this.#goAway = { code, lastStreamId };
    if (code !== NO_ERROR) {
      // Node.js ends all streams after this returns.
      this.#lost(new Error(`the endpoint closed the connection with ${errorName(code)}${goAwayText(text)}`));
    }
    this.retire();
  }

  #closedByEndpoint(): void {
    this.#lost(new Error('the endpoint closed the connection'));
    this.#end();
  }

  /** Nothing more will come: what has come as a whole is handed on, and the rest fails. */
  #lost(error: Error): void {
    // Why the endpoint refused us says more than the write that failed by it.
    if (handshakeFailureOf(error) !== undefined) this.#error = error;
    this.#error ??= error;
    this.#retired = true;
    this.#pings?.stop();
    for (const stream of this.#streams) stream.lost(this.failureOf(stream, NO_ERROR));
  }

  #lossOf({ responding }: Http2ClientStream, error: Error): TransportFailure {
    if (error instanceof SilentEndpoint) {
      return { reason: 'upstream_timeout', neverSent: false, detail: error.message };
    }
    if (isProtocolError(error)) {
      const detail = `what the endpoint sent is not valid HTTP/2 (${error.message})`;
      return { reason: 'upstream_protocol_error', neverSent: false, detail };
    }
    return toTransportFailure(error, { started: true, responding, singleWrite: false });
  }

  #end(): void {
    if (this.#over) return;
    this.#pings?.stop();
    if (this.#session === undefined) this.#socket.destroy();
    else if (!this.#session.destroyed) this.#session.destroy();
    this.#lateClose ??= this.#options.clock.schedule(CLOSE_MS, () => this.#socket.destroy());
  }

  #closed(): void {
    this.#over = true;
    this.#lost(new Error('the connection was closed'));
    this.#lateClose?.cancel();
    if (this.#ready) this.#owner.closed(this, undefined);
    else if (this.#spokeOtherwise) void this.#nameWhatItSpeaks();
    else this.#owner.closed(this, this.#connectFailure());
  }

  /** It sent something, and not what a server of HTTP/2 begins with. */
  get #spokeOtherwise(): boolean {
    if (this.#connected === undefined || handshakeFailureOf(this.#error) !== undefined) return false;
    return isProtocolError(this.#error) || (!this.#connected.secure && this.#socket.bytesRead > 0);
  }

  async #nameWhatItSpeaks(): Promise<void> {
    const spoken = await spokenInstead(this.#options);
    this.#owner.closed(
      this,
      spoken === undefined
        ? this.#connectFailure()
        : {
            reason: 'upstream_protocol_error',
            neverSent: true,
            detail: `what it sent is not HTTP/2: ${spoken}`,
          },
    );
  }

  #connectFailure(): TransportFailure {
    const failure = toTransportFailure(this.#error, { started: false, responding: false, singleWrite: true });
    if (this.#connected === undefined || failure.reason !== 'connect_failure') return failure;
    const doubt = doubtOf('HTTP/2', this.#connected);
    return { ...failure, detail: `${failure.detail} (it has said nothing of HTTP/2: ${doubt})` };
  }
}

/** The endpoint is not there any more, as far as can be seen. */
class SilentEndpoint extends Error {}

/** Whether it is nghttp2's word on what was received. */
function isProtocolError(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'ERR_HTTP2_ERROR';
}

function goAwayText(text: Uint8Array | undefined): string {
  if (text === undefined || text.length === 0) return '';
  const printable = Buffer.from(text)
    .toString('latin1', 0, MAX_GOAWAY_TEXT)
    .replaceAll(/[^\x20-\x7e]/g, '?');
  return ` (${printable})`;
}

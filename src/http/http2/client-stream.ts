// One stream of a connection to an endpoint, and the attempt that it carries.

import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { readAfresh } from '../../net/read-garbage.ts';
import type { TransportFailure } from '../attempt.ts';
import type { Fields } from '../message.ts';
import { NO_FIELDS } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import type { AttemptHolder, Http2Attempt } from './client-attempt.ts';
import { ClientBodyWriter } from './client-body-writer.ts';
import { CANCEL, INTERNAL_ERROR } from './client-failures.ts';
import { StreamProgress } from './client-stream-progress.ts';
import { ClientTunnel, switchedHead } from './client-tunnel.ts';
import { closeStream } from './close-stream.ts';
import { receivedFields } from './field-lines.ts';
import type { NativeHalves } from './session-handle.ts';
import { keepSession, nativeHalvesOf } from './session-handle.ts';

/** What carries the stream. */
export interface StreamOwner {
  readonly progress: WireProgress;
  readonly maxHeaderBytes: number;
  /** Why a stream that ended early did so. */
  failureOf(stream: Http2ClientStream, code: number): TransportFailure;
  /** The attempt was given up, for want of time if `silent`. */
  dropped(silent: boolean): void;
  /** The stream is gone; called once, last. */
  streamClosed(stream: Http2ClientStream): void;
  /** A fault of our own has ended it. */
  fault(error: unknown): void;
}

/** What a field costs beside its bytes (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;

export class Http2ClientStream implements AttemptHolder {
  readonly progress: StreamProgress;
  readonly #owner: StreamOwner;
  readonly #stream: ClientHttp2Stream;
  readonly #native: NativeHalves | undefined;
  #attempt: Http2Attempt | undefined;
  #writer: ClientBodyWriter | undefined;
  #tunnel: ClientTunnel | undefined;
  #responding = false;
  /** The endpoint has ended the stream in order; what came before may still have to be read. */
  #whole = false;
  #trailers: Fields = NO_FIELDS;
  #informed = 0;
  /** What Content-Length says is still to come; undefined where it says nothing. */
  #missing: number | undefined;

  /** @throws when the session takes no request any more */
  constructor(session: ClientHttp2Session, attempt: Http2Attempt, owner: StreamOwner) {
    const { fields, body, tunnelKey } = attempt.request;
    this.#owner = owner;
    this.#attempt = attempt;
    const stream = session.request(fields, {
      endStream: body === undefined && tunnelKey === undefined,
      waitForTrailers: body !== undefined && body.whole === undefined,
    });
    this.#stream = stream;
    this.#native = nativeHalvesOf(stream, session);
    this.progress = new StreamProgress(stream, owner.progress);
    // A reset without an error looks like an end to readers; only here it shows that the stream was closed before.
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null && !stream.closed) this.#whole = true;
      return push(chunk, encoding);
    };
    const listen = (event: string, handle: (...args: never[]) => void): void => {
      stream.on(event, (...args: unknown[]) => this.#guard(() => handle(...(args as never[]))));
    };
    listen('headers', (head: IncomingHttpHeaders, _flags: number, raw: string[]) => this.#interim(head, raw));
    listen('response', (head: IncomingHttpHeaders, _flags: number, raw: string[]) => this.#head(head, raw));
    listen('trailers', (_head: IncomingHttpHeaders, _flags: number, raw: string[]) => {
      this.#trailers = receivedFields(raw);
    });
    listen('wantTrailers', () => this.#writer?.sendTrailers());
    listen('drain', () => this.#writer?.drained());
    listen('finish', () => this.#attempt?.left());
    listen('end', () => this.#ended());
    listen('close', () => this.#closed());
    // `close` reports the same again, with its code.
    stream.on('error', () => {});
  }

  /** Its number on the connection (RFC 9113 §5.1.1); undefined when it never got one. */
  get id(): number | undefined {
    return this.#stream.id;
  }

  get responding(): boolean {
    return this.#responding;
  }

  /** The request leaves. */
  start(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.heldBy(this);
    attempt.leave();
    const { body } = attempt.request;
    if (body === undefined || this.#attempt === undefined) return;
    if (body.whole !== undefined) {
      this.#stream.end(body.whole);
      return;
    }
    this.#writer = new ClientBodyWriter({
      body,
      stream: this.#stream,
      progress: this.progress,
      onBroken: (fault) => this.#attempt?.brokenRequest(fault),
    });
    this.#writer.start();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  drop(_attempt: Http2Attempt, failure: TransportFailure | undefined): void {
    this.#attempt = undefined;
    this.#writer?.stop();
    closeStream(this.#stream, CANCEL);
    const silent = failure?.reason === 'upstream_timeout' || failure?.reason === 'deadline_exceeded';
    this.#owner.dropped(silent);
  }

  /** The connection is lost. A response that has come as a whole is handed on all the same. */
  lost(failure: TransportFailure): void {
    this.#guard(() => {
      if (this.#whole && this.#attempt !== undefined && this.#responding) {
        // Each reading is a `data` event too.
        while (this.#stream.read() !== null);
        this.#ended();
      }
      this.#fail(failure);
    });
  }

  #interim(head: IncomingHttpHeaders, raw: string[]): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#informed += headBytes(raw);
    if (this.#informed > this.#owner.maxHeaderBytes) {
      this.#refuse(`its head is longer than ${this.#owner.maxHeaderBytes} bytes`);
      return;
    }
    attempt.interim({ status: statusOf(head), reasonPhrase: '', fields: receivedFields(raw) });
  }

  #head(head: IncomingHttpHeaders, raw: string[]): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (this.#responding) {
      this.#refuse('it sent a second response');
      return;
    }
    this.#responding = true;
    if (this.#informed + headBytes(raw) > this.#owner.maxHeaderBytes) {
      this.#refuse(`its head is longer than ${this.#owner.maxHeaderBytes} bytes`);
      return;
    }
    const status = statusOf(head);
    const fields = receivedFields(raw);
    const length = head['content-length'];
    if (length !== undefined) this.#missing = Number(length);
    const { tunnelKey } = attempt.request;
    if (tunnelKey !== undefined && status >= 200 && status < 300) {
      this.#attempt = undefined;
      this.#tunnel = new ClientTunnel(this.#stream, this.progress);
      attempt.switchedTo(switchedHead(tunnelKey, fields), this.#tunnel, this.progress);
      return;
    }
    attempt.responseHead({ status, reasonPhrase: '', fields });
    this.#stream.on('data', (chunk: Buffer) => this.#guard(() => this.#data(chunk)));
  }

  #data(chunk: Buffer): void {
    readAfresh(chunk.length);
    this.progress.moved += chunk.length;
    if (this.#missing !== undefined) this.#missing -= chunk.length;
    this.#attempt?.responseData(chunk);
  }

  #ended(): void {
    if (this.#tunnel !== undefined) {
      if (this.#whole) this.#tunnel.receivedEnd();
      else this.#tunnel.destroy();
      return;
    }
    const attempt = this.#attempt;
    // Servers of Node.js may end what they were slow to send by a reset without an error; its length says whether it is whole.
    const whole = this.#whole || this.#missing === 0;
    if (attempt === undefined || !this.#responding || !whole) return;
    this.#attempt = undefined;
    // A response that came early ends what is left of its request.
    const early = this.#writer?.over === false || this.#stream.writableLength > 0;
    attempt.responseEnd(this.#trailers);
    this.#writer?.stop();
    if (early || attempt.request.tunnelKey !== undefined) closeStream(this.#stream, CANCEL);
  }

  #closed(): void {
    if (!this.#whole && this.#native !== undefined) keepSession(this.#native);
    this.#writer?.stop();
    this.#fail(this.#owner.failureOf(this, this.#stream.rstCode));
    if (this.#tunnel?.writableFinished === false) this.#tunnel.destroy();
    this.#owner.streamClosed(this);
  }

  #fail(failure: TransportFailure): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#writer?.stop();
    attempt?.fail(failure);
  }

  /** The endpoint said what cannot be passed on. */
  #refuse(detail: string): void {
    this.#fail({ reason: 'upstream_protocol_error', neverSent: false, detail });
    closeStream(this.#stream, CANCEL);
  }

  /** A fault of our own ends this stream, and nothing else; it must not pass for one of the endpoint's. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      closeStream(this.#stream, INTERNAL_ERROR);
      this.#owner.fault(error);
    }
  }
}

function statusOf(head: IncomingHttpHeaders): number {
  return Number(head[':status']);
}

function headBytes(raw: readonly string[]): number {
  let bytes = 0;
  for (const text of raw) bytes += text.length;
  return bytes + (raw.length / 2) * FIELD_OVERHEAD;
}

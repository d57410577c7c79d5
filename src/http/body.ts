// The content of a message in either direction: pushed into a sink, until it ends with its trailers or breaks off.

import type { Reason } from '../core/reasons.ts';
import type { Fields } from './message.ts';

/** Why a body will never be whole. */
export interface StreamFault {
  readonly reason: Reason;
  /** One sentence without its full stop, for logs and problem documents. */
  readonly detail: string;
}

/** Where a body goes. After `end` or `broken` nothing more is called. */
export interface BodySink {
  /**
   * @param chunk the sink's own from now on
   * @returns false to wait for `resume()` of the body: until then nothing more is delivered
   */
  data(chunk: Buffer): boolean;
  end(trailers: Fields): void;
  broken(fault: StreamFault): void;
}

export interface Body {
  /** Bytes; undefined for a body whose end only its last chunk says. */
  readonly length: number | undefined;
  /** All of it, when it came together with the head: then there is nothing to deliver. */
  readonly whole: Buffer | undefined;
  /** Hands the body over, once. What has come already is delivered before this returns. */
  deliver(sink: BodySink): void;
  /** Goes on after the sink asked to wait. */
  resume(): void;
  /** Gives up the rest: nothing is delivered afterwards. */
  abandon(): void;
}

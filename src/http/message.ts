// The heads of messages, whatever version of HTTP carries them. Source: RFC 9110 §3.9, §6.

/** Field lines as they stand on the wire: name, value, name, value …, in order, with repetitions. */
export type Fields = readonly string[];

export type HttpVersion = '1.0' | '1.1' | '2';

export interface RequestHead {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The host of an absolute target, else Host or `:authority`, byte for byte; undefined without one. */
  readonly authority: string | undefined;
  /** The request target as received (RFC 9112 §3.2), byte for byte. */
  readonly target: string;
  readonly version: HttpVersion;
  /** The protocol that the client asks to switch to (RFC 9110 §7.8); undefined for an ordinary request. */
  readonly upgrade: string | undefined;
  /** The value of Expect, in lower case (RFC 9110 §10.1.1); undefined without one. */
  readonly expectation: string | undefined;
  readonly fields: Fields;
}

export interface ResponseHead {
  readonly status: number;
  /** The reason phrase; empty when there is none, as in HTTP/2. */
  readonly reasonPhrase: string;
  readonly fields: Fields;
}

export const NO_FIELDS: Fields = [];

/** The expectation that servers understand (RFC 9110 §10.1.1). */
export const CONTINUE = '100-continue';

// The head of a response, read as strictly as a proxy must: two readings of one message are how requests are smuggled.
// Source: RFC 9112 §4 (status line), §5 (fields), §6.3 (length of the body).

import type { RawHeaders } from '../attempt.ts';

/** The endpoint does not speak HTTP/1.1 as we can understand it; nothing more can be read from its connection. */
export class ProtocolFault extends Error {}

/** How the end of a body is told. */
export type BodyFraming = 'length' | 'chunked' | 'close';

export interface ParsedHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: RawHeaders;
  /** What its fields say; that some responses have no body whatever they say is for the caller to know. */
  readonly framing: BodyFraming;
  /** Bytes of body when its framing is `length`. */
  readonly length: number;
  /** Whether the connection stays open afterwards (RFC 9112 §9.3). */
  readonly persistent: boolean;
  /** Milliseconds for which the endpoint keeps an idle connection (Keep-Alive: timeout), undefined when not said. */
  readonly keepAliveMs: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Neither text nor the end of a line; a carriage return or line feed alone is one to some readers only. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

/** Up to 2^53. */
const LENGTH = /^\d{1,15}$/;

const SPACE = 0x20;
const TAB = 0x09;

/**
 * @param text the head, decoded as latin1, with the end of its last line and without the empty line
 * @throws ProtocolFault
 */
export function parseResponseHead(text: string): ParsedHead {
  if (FORBIDDEN.test(text)) throw new ProtocolFault('its head has characters that no head may have');
  const lineEnd = text.indexOf('\r\n');
  const [, minor, status, statusText = ''] = STATUS_LINE.exec(text.slice(0, lineEnd)) ?? [];
  if (status === undefined) {
    throw new ProtocolFault(`${quoted(text.slice(0, lineEnd))} is no status line of HTTP/1.1`);
  }
  const framing = new FramingFields();
  const headers = parseFields(text, lineEnd + 2, framing);
  return framing.resolve(Number(status), statusText, headers, minor === '1');
}

/**
 * @param text lines of fields, decoded as latin1, each with its end
 * @throws ProtocolFault
 */
export function parseTrailers(text: string): RawHeaders {
  if (FORBIDDEN.test(text)) throw new ProtocolFault('its trailers have characters that no field may have');
  return parseFields(text, 0, undefined);
}

function parseFields(text: string, start: number, framing: FramingFields | undefined): RawHeaders {
  const headers: string[] = [];
  let at = start;
  while (at < text.length) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    const name = colon === -1 || colon > end ? '' : text.slice(at, colon);
    // A line that begins with a space continues the one before in an older HTTP (RFC 9112 §5.2): it has no name either.
    if (!TOKEN.test(name)) throw new ProtocolFault(`${quoted(text.slice(at, end))} is no header field`);
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    const value = text.slice(from, to);
    headers.push(name, value);
    framing?.see(name, value);
    at = end + 2;
  }
  return headers;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** The fields that say where the message ends and what becomes of the connection. */
class FramingFields {
  #length: number | undefined;
  #codings: string | undefined;
  #connection: string | undefined;
  #keepAlive: string | undefined;

  /** Most names differ from all of these in their length already. */
  see(name: string, value: string): void {
    switch (name.length) {
      case 10: {
        const lower = name.toLowerCase();
        if (lower === 'connection') this.#connection = joined(this.#connection, value);
        else if (lower === 'keep-alive') this.#keepAlive = joined(this.#keepAlive, value);
        return;
      }
      case 14:
        if (name.toLowerCase() === 'content-length') this.#seeLength(value);
        return;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') this.#codings = joined(this.#codings, value);
        return;
    }
  }

  #seeLength(value: string): void {
    if (this.#length !== undefined) throw new ProtocolFault('it has two Content-Length fields');
    if (!LENGTH.test(value)) throw new ProtocolFault(`its Content-Length is ${quoted(value)}`);
    this.#length = Number(value);
  }

  resolve(status: number, statusText: string, headers: RawHeaders, isHttp11: boolean): ParsedHead {
    if (this.#codings !== undefined) {
      if (this.#length !== undefined) {
        throw new ProtocolFault('it has both a Content-Length and a Transfer-Encoding');
      }
      // The coding ends with this connection, so that one that is not undone here would reach the caller unnamed.
      if (this.#codings.toLowerCase() !== 'chunked') {
        throw new ProtocolFault(`its Transfer-Encoding is ${quoted(this.#codings)}`);
      }
    }
    const framing = this.#codings !== undefined ? 'chunked' : this.#length === undefined ? 'close' : 'length';
    return {
      status,
      statusText,
      headers,
      framing,
      length: this.#length ?? 0,
      persistent: isHttp11 ? !this.#connectionHas('close') : this.#connectionHas('keep-alive'),
      keepAliveMs: this.#keepAlive === undefined ? undefined : keepAliveTimeout(this.#keepAlive),
    };
  }

  #connectionHas(option: string): boolean {
    if (this.#connection === undefined) return false;
    const options = this.#connection.toLowerCase();
    return options === option || options.split(',').some((listed) => listed.trim() === option);
  }
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function keepAliveTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout\s*=\s*"?(\d{1,9})/i.exec(value) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** For people, and not longer than they want to read. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

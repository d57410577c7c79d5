// The head of a response, read as strictly as a proxy must: two readings of one message are how requests are smuggled.
// Source: RFC 9112 §4 (status line), §5 (fields), §6.3 (length of the body).

import type { Fields } from '../message.ts';
import { parseFieldLines } from './field-lines.ts';
import type { BodyFraming } from './grammar.ts';
import { CONTENT_LENGTH, HEAD_LINES, joined, listHas, ProtocolFault, quoted } from './grammar.ts';

export interface ParsedHead {
  readonly status: number;
  readonly reasonPhrase: string;
  readonly fields: Fields;
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

/**
 * @param text the head, decoded as latin1, with the end of its last line and without the empty line
 * @throws ProtocolFault
 */
export function parseResponseHead(text: string): ParsedHead {
  if (!HEAD_LINES.test(text)) throw new ProtocolFault('its head has characters that no head may have');
  const lineEnd = text.indexOf('\r\n');
  const [, minor, status, reasonPhrase = ''] = STATUS_LINE.exec(text.slice(0, lineEnd)) ?? [];
  if (status === undefined) {
    throw new ProtocolFault(`${quoted(text.slice(0, lineEnd))} is not an HTTP/1.1 status line`);
  }
  const framing = new FramingFields();
  const fields = parseFieldLines(text, lineEnd + 2, 'removed', framing);
  return framing.resolve(Number(status), reasonPhrase, fields, minor === '1');
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
    if (!CONTENT_LENGTH.test(value)) throw new ProtocolFault(`its Content-Length is ${quoted(value)}`);
    this.#length = Number(value);
  }

  resolve(status: number, reasonPhrase: string, fields: Fields, isHttp11: boolean): ParsedHead {
    if (this.#codings !== undefined) {
      if (this.#length !== undefined) {
        throw new ProtocolFault('it has both a Content-Length and a Transfer-Encoding');
      }
      // The coding ends with this connection, so that one that is not undone here would reach the client unnamed.
      if (this.#codings.toLowerCase() !== 'chunked') {
        throw new ProtocolFault(`its Transfer-Encoding is ${quoted(this.#codings)}`);
      }
    }
    const chunked = this.#codings !== undefined;
    return {
      status,
      reasonPhrase,
      fields,
      framing: chunked ? 'chunked' : this.#length === undefined ? 'close' : 'length',
      length: this.#length ?? 0,
      persistent: this.#persists(isHttp11, chunked),
      keepAliveMs: this.#keepAlive === undefined ? undefined : keepAliveTimeout(this.#keepAlive),
    };
  }

  #persists(isHttp11: boolean, chunked: boolean): boolean {
    if (isHttp11) return this.#connection === undefined || !listHas(this.#connection, 'close');
    // A sender of HTTP/1.0 that chunks has forwarded what it does not understand (RFC 9112 §6.1).
    return !chunked && listHas(this.#connection, 'keep-alive');
  }
}

function keepAliveTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout\s*=\s*"?(\d{1,9})/i.exec(value) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

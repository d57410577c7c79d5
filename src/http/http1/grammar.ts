// What both sides of the codec read the same way. Source: RFC 9110 §5.6 (tokens), RFC 9112 §2 to §7.

/** The other side does not speak HTTP/1.1 as we can understand it; nothing more can be read from its connection. */
export class ProtocolFault extends Error {}

export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A field value as it may leave: neither control characters nor the end of a line. */
export const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** All that a head may hold: lines of text, each with its end; a CR or LF alone is an end to some readers only. */
export const HEAD_LINES = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/** A Content-Length, up to 2^53. */
export const CONTENT_LENGTH = /^\d{1,15}$/;

/** The line before a chunk, without its end; extensions are read over (RFC 9112 §7.1.1). */
export const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/** The most bytes of the line before a chunk. */
export const MAX_CHUNK_LINE = 1_024;

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const HEAD_END = Buffer.from('\r\n\r\n');

/** How the end of a body is determined (RFC 9112 §6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

/** Whether a line here ends without a carriage return. @param from where a line begins */
export function hasBareLineFeed(source: Buffer, from: number, end: number): boolean {
  for (
    let at = source.indexOf(LINE_FEED, from);
    at !== -1 && at < end;
    at = source.indexOf(LINE_FEED, at + 1)
  ) {
    if (at === from || source[at - 1] !== CARRIAGE_RETURN) return true;
  }
  return false;
}

/** Whether a carriage return here is followed by anything but a line feed; nothing may be known yet of the last one. */
export function hasBareCarriageReturn(source: Buffer, from: number): boolean {
  for (
    let at = source.indexOf(CARRIAGE_RETURN, from);
    at !== -1;
    at = source.indexOf(CARRIAGE_RETURN, at + 1)
  ) {
    if (at + 1 < source.length && source[at + 1] !== LINE_FEED) return true;
  }
  return false;
}

/** For messages: quoted, and not longer than a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Whether a list of tokens such as Connection has one of this lower-case name. */
export function listHas(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  const lower = list.toLowerCase();
  return lower === token || lower.split(',').some((member) => member.trim() === token);
}

/** Field lines of one name as one value (RFC 9110 §5.3). */
export function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

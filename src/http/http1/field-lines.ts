// Field lines out of the text of a head or of trailers. Source: RFC 9112 §5.

import type { Fields } from '../message.ts';
import { ProtocolFault, quoted, TOKEN } from './grammar.ts';

const SPACE = 0x20;
const TAB = 0x09;

/** Sees each field as it is read. */
export interface FieldListener {
  see(name: string, value: string): void;
}

/**
 * @param text lines of fields, decoded as latin1, as HEAD_LINES allows them
 * @param start where the first line begins
 * @param spaceBeforeColon what becomes of whitespace between a name and its colon: RFC 9112 §5.1 refuses it in a
 *   request, and has a proxy remove it from a response
 * @throws ProtocolFault
 */
export function parseFieldLines(
  text: string,
  start: number,
  spaceBeforeColon: 'refused' | 'removed',
  listener?: FieldListener,
): Fields {
  const fields: string[] = [];
  let at = start;
  while (at < text.length) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    let nameEnd = colon === -1 || colon > end ? at : colon;
    if (spaceBeforeColon === 'removed')
      while (nameEnd > at && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
    const name = text.slice(at, nameEnd);
    // A line that begins with a space continues the one before in an older HTTP (RFC 9112 §5.2): it has no name either.
    if (!TOKEN.test(name)) throw new ProtocolFault(`${quoted(text.slice(at, end))} is not a header field`);
    let from = colon + 1;
    let to = end;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    const value = text.slice(from, to);
    fields.push(name, value);
    listener?.see(name, value);
    at = end + 2;
  }
  return fields;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

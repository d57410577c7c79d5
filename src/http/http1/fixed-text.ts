// Texts of a response that are the same many times over.

import { STATUS_CODES } from '../node-http.ts';

const STATUS_LINES: string[] = [];

/** `HTTP/1.1 200 OK\r\n`; with the phrase of the registry when the response has none. */
export function statusLine(status: number, reasonPhrase: string): string {
  const standard = STATUS_CODES[status] ?? '';
  if (reasonPhrase !== '' && reasonPhrase !== standard) return `HTTP/1.1 ${status} ${reasonPhrase}\r\n`;
  const known = STATUS_LINES[status];
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${standard}\r\n`;
  STATUS_LINES[status] = line;
  return line;
}

let second = 0;
let dateText = '';

/** The field Date of a message made now (RFC 9110 §6.6.1). @param wallTime milliseconds since the Unix epoch */
export function dateField(wallTime: number): string {
  const now = Math.floor(wallTime / 1000);
  if (now !== second) {
    second = now;
    dateText = `date: ${new Date(wallTime).toUTCString()}\r\n`;
  }
  return dateText;
}

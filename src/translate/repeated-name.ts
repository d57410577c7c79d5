// Names that stand twice in one object of JSON. JSON.parse takes the last one silently; the mapping of protobuf has them
// be errors, since what reads the text elsewhere may take the first (RFC 8259 §4, RFC 7493 §2.3).

import type { JsonValue } from '@bufbuild/protobuf';

/**
 * The path of the first name that its object has already, such as `entry.memo`; undefined where there is none.
 * @param text of JSON
 * @param json what JSON.parse made of it
 */
export function repeatedName(text: string, json: JsonValue): string | undefined {
  return namesIn(text) === membersOf(json) ? undefined : firstRepeated(text);
}

/** How many members the objects of the text have, those of one name counted each. */
function namesIn(text: string): number {
  let names = 0;
  eachString(text, (_start, end) => {
    if (isName(text, end)) names++;
  });
  return names;
}

/** How many members are left of them. Without recursion: JSON may nest deeper than the stack. */
function membersOf(json: JsonValue): number {
  let members = 0;
  const left: JsonValue[] = [json];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (each === null || typeof each !== 'object') continue;
    const values = Object.values(each);
    if (!Array.isArray(each)) members += values.length;
    for (const value of values) if (typeof value === 'object') left.push(value);
  }
  return members;
}

interface OpenObject {
  readonly names: Set<string>;
  last: string;
}

function firstRepeated(text: string): string | undefined {
  const open: OpenObject[] = [];
  let found: string | undefined;
  let from = 0;
  eachString(text, (start, end) => {
    for (const bracket of text.slice(from, start).match(/[{}]/g) ?? []) {
      if (bracket === '{') open.push({ names: new Set(), last: '' });
      else open.pop();
    }
    from = end;
    const object = open.at(-1);
    if (found !== undefined || object === undefined || !isName(text, end)) return;
    object.last = JSON.parse(text.slice(start, end)) as string;
    if (object.names.has(object.last)) found = open.map(({ last }) => last).join('.');
    object.names.add(object.last);
  });
  return found;
}

/** @param string is given where each begins, with its quotation mark, and ends */
function eachString(text: string, string: (start: number, end: number) => void): void {
  for (let start = text.indexOf('"'); start !== -1; ) {
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    string(start, end + 1);
    start = text.indexOf('"', end + 1);
  }
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function isName(text: string, end: number): boolean {
  let at = end;
  while (WHITESPACE.has(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const WHITESPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

// What the policies read of header fields.

import type { Fields } from './message.ts';

/** A field that a request may have, by its lower-case name; without a value, any value. */
export interface FieldMatch {
  readonly name: string;
  readonly value: string | undefined;
}

/** The value of a field, several of that name joined (RFC 9110 §5.3); undefined without one. */
export function fieldValue(headers: Fields, lowerName: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    found = found === undefined ? headers[i + 1] : `${found}${separatorOf(lowerName)}${headers[i + 1]}`;
  }
  return found;
}

/** Several Cookie lines are one string of cookies (RFC 9113 §8.2.3), which is no list. */
function separatorOf(lowerName: string): string {
  return lowerName === 'cookie' ? '; ' : ', ';
}

/** Whether one field of that name has the value. */
export function matchesField(headers: Fields, { name, value }: FieldMatch): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== name) continue;
    if (value === undefined || headers[i + 1] === value) return true;
  }
  return false;
}

/** The fields without those of one name, and one of that name at the end. */
export function withField(headers: Fields, lowerName: string, value: string): Fields {
  const fields: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.toLowerCase() !== lowerName) fields.push(name, headers[i + 1] ?? '');
  }
  fields.push(lowerName, value);
  return fields;
}

// Header fields of requests to endpoints as HTTP/2 carries them: pure. Source: RFC 9113 §8.2, §8.3.

import { FIELD_VALUE, TOKEN } from '../http1/grammar.ts';
import type { Fields } from '../message.ts';
import type { Http2Fields } from './sent-fields.ts';
import { addLine } from './sent-fields.ts';

/** The fields cannot be said in HTTP/2. */
export class FieldFault extends Error {}

/**
 * Adds field lines, their names in lower case, without those of a connection; of TE only `trailers` stays.
 * @throws FieldFault when a name or value has characters that it may not have
 */
export function addFields(into: Http2Fields, fields: Fields): void {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!TOKEN.test(name)) throw new FieldFault(`${JSON.stringify(name)} is not a field name`);
    if (!FIELD_VALUE.test(value))
      throw new FieldFault(`the field ${name} has characters that no field may have`);
    const lower = name.toLowerCase();
    // The authority says the host.
    if (lower !== 'host') addLine(into, lower, value);
  }
}

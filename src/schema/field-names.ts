// The names of header fields, as configuration gives them.

import { z } from 'zod';
import { text } from './fields.ts';

/** RFC 9110 §5.6.2: a token. */
export const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The name of a header, read in lower case. */
export function fieldName() {
  return text('expected the name of a header')
    .regex(FIELD_NAME, { error: 'expected the name of a header' })
    .transform((name) => name.toLowerCase());
}

/** A list of such names. */
export function fieldNames() {
  return z.array(fieldName(), { error: 'expected a list of names of headers' });
}

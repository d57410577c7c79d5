// Fields in which the ambassador speaks of itself: an endpoint cannot say them in its place.

import type { Fields } from './message.ts';

const PREFIX = 'x-ambassador-';

/** In a response, the endpoint that it is from in place of the service's own. */
export const OVERRIDE_FIELD = 'x-ambassador-override';

/** The fields of an endpoint's response without those; the same when there are none. */
export function withoutOwnFields(fields: Fields): Fields {
  for (let i = 0; i < fields.length; i += 2) {
    if (isOwnField(fields[i] as string)) {
      return fields.filter((_, at) => !isOwnField(fields[at - (at % 2)] as string));
    }
  }
  return fields;
}

export function isOwnField(name: string): boolean {
  const first = name.charCodeAt(0);
  return (first === 0x78 || first === 0x58) && name.toLowerCase().startsWith(PREFIX);
}

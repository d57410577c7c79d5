import type { RawHeaders } from '../transport/transport.ts';

/**
 * The delay that a response asks for with Retry-After, seconds or a date (RFC 9110 §10.2.3), in milliseconds;
 * undefined when it asks for none or says nothing that can be read.
 * @param wallTime milliseconds since the Unix epoch
 */
export function retryAfterMs(headers: RawHeaders, wallTime: number): number | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length !== 11 || name.toLowerCase() !== 'retry-after') continue;
    const value = headers[i + 1]?.trim() ?? '';
    if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
    const date = Date.parse(value);
    return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
  }
  return undefined;
}

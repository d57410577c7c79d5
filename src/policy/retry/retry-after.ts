import type { Fields } from '../../http/message.ts';

/**
 * The delay that a response asks for with Retry-After, seconds or a date (RFC 9110 §10.2.3), in milliseconds;
 * undefined when it asks for none or says nothing that can be read.
 * @param wallTime milliseconds since the Unix epoch
 */
export function retryAfterMs(headers: Fields, wallTime: number): number | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length !== 11 || name.toLowerCase() !== 'retry-after') continue;
    const value = headers[i + 1]?.trim() ?? '';
    if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
    // Every form of an HTTP date begins with the day's name; Date.parse alone would take "-1" for a year.
    const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
  }
  return undefined;
}

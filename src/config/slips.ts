// What may have been meant by a value that is nearly one that is understood: amounts in other units, and addresses without
// their other half.

import { duration } from '../schema/fields.ts';
import type { JsonSchema } from './json-schema.ts';

/** Common spellings, in lower case; a day is counted in hours. */
const DURATION_UNITS: ReadonlyMap<string, readonly [unit: string, times: number]> = new Map(
  (
    [
      ['ms', 1, 'ms msec msecs millis millisecond milliseconds'],
      ['s', 1, 's sec secs second seconds'],
      ['m', 1, 'm min mins minute minutes'],
      ['h', 1, 'h hr hrs hour hours'],
      ['h', 24, 'd day days'],
    ] as const
  ).flatMap(([unit, times, names]) => names.split(' ').map((name) => [name, [unit, times] as const])),
);

const SIZE_UNITS: ReadonlyMap<string, string> = new Map(
  (
    [
      ['B', 'b byte bytes'],
      ['KiB', 'k kb kib ki'],
      ['MiB', 'm mb mib mi'],
      ['GiB', 'g gb gib gi'],
    ] as const
  ).flatMap(([unit, names]) => names.split(' ').map((name) => [name, unit] as const)),
);

const AMOUNT = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/;
const PERCENT = /^(\d{1,3}(?:\.\d+)?)\s*%$/;

type Guess = (written: string) => string | undefined;

/** The path of a unix socket, without what says so. */
function socketOf(written: string): string | undefined {
  return /^\/[\w./-]+$/.test(written) ? `unix:${written}` : undefined;
}

/** Such as `90m` for `1h30m`, as Go writes it. */
function summedDuration(written: string): string | undefined {
  const [, hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(written.replaceAll(' ', '')) ?? [];
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  if (whole === 0) return undefined;
  const guess = whole % 60 === 0 ? `${whole / 60}m` : `${whole}s`;
  return duration().safeParse(guess).success ? guess : undefined;
}

/** By the title of the schema; never what was written. */
const GUESSES: Readonly<Record<string, Guess>> = {
  duration: (written) => {
    const [, amount = '', unit = ''] = AMOUNT.exec(written) ?? [];
    const [known, times] = DURATION_UNITS.get(unit.toLowerCase()) ?? [];
    if (known === undefined || times === undefined) return summedDuration(written);
    const guess = `${Number(amount) * times}${known}`;
    // A duration has a bound, which days are soon over.
    return duration().safeParse(guess).success ? guess : undefined;
  },
  size: (written) => {
    const [, amount = '', unit = ''] = AMOUNT.exec(written) ?? [];
    const known = SIZE_UNITS.get(unit.toLowerCase());
    return known === undefined || amount.includes('.') ? undefined : `${amount}${known}`;
  },
  ratio: (written) => {
    const [, amount] = PERCENT.exec(written) ?? [];
    return amount === undefined || Number(amount) > 100 ? undefined : String(Number(amount) / 100);
  },
  percentage: (written) => {
    const [, amount] = PERCENT.exec(written) ?? [];
    return amount === undefined || Number(amount) > 100 ? undefined : amount;
  },
  'URL or host:port': (written) => {
    return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(written) && Number.isNaN(Number(written))
      ? `http://${written}:8500`
      : undefined;
  },
  'host:port or unix:/path': socketOf,
  address: (written) => {
    if (written.startsWith('/')) return socketOf(written);
    return /^\d{1,5}$/.test(written) && Number(written) <= 65_535 ? `127.0.0.1:${written}` : undefined;
  },
};

const BOOLEAN_WORDS: ReadonlyMap<string, string> = new Map([
  ['yes', 'true'],
  ['on', 'true'],
  ['no', 'false'],
  ['off', 'false'],
  ['true', 'true'],
  ['false', 'false'],
]);

/**
 * What a text says that was meant as a number or as true or false: in quotes, or in the words of YAML 1.1.
 * @param schemas that the value may follow
 */
export function unquoted(written: string, schemas: readonly JsonSchema[]): string | undefined {
  const types = schemas.map(({ type }) => type);
  const plain = written.trim().toLowerCase();
  if (types.includes('boolean')) return BOOLEAN_WORDS.get(plain);
  const isNumber = types.includes('number') || types.includes('integer');
  const [, amount] = isNumber ? (/^(\d+(?:\.\d+)?)\s*%?$/.exec(plain) ?? []) : [];
  const fits = schemas.some(
    ({ maximum = Number.MAX_VALUE, minimum = 0 }) => Number(amount) >= minimum && Number(amount) <= maximum,
  );
  return fits ? amount : undefined;
}

/**
 * @param titles of the schemas that the value may follow
 * @returns a value that would be understood; never what was written
 */
export function likelyValue(written: string, titles: readonly (string | undefined)[]): string | undefined {
  for (const title of titles) {
    const guess = title === undefined ? undefined : GUESSES[title]?.(written.trim());
    if (guess !== undefined && guess !== written) return guess;
  }
  return undefined;
}

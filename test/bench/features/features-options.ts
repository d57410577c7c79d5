// What `npm run bench:features` may be told on its command line.

import { parseArgs } from 'node:util';
import type { Feature } from './feature.ts';
import { FEATURES } from './registry.ts';

export interface FeatureOptions {
  /** The base first. */
  readonly features: readonly Feature[];
  readonly rounds: number;
  readonly seconds: { readonly warmUp: number; readonly saturation: number };
  /** Where the results go for machines; undefined for nowhere. */
  readonly json: string | undefined;
  /** Where the table goes beside the terminal; undefined for nowhere. */
  readonly markdown: string | undefined;
}

export const FEATURES_USAGE = `npm run bench:features -- [options]
  --quick          two short rounds: it tells that everything works
  --only NAMES     these beside the base, separated by commas: ${FEATURES.map(({ name }) => name).join(', ')}
  --rounds N       default 8; 2 with --quick
  --json FILE      results for machines
  --markdown FILE  the table that is printed`;

/** @throws Error when an option or a value is not known */
export function parseFeatureOptions(args: readonly string[]): FeatureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 8));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`not a number of rounds: ${values.rounds}`);
  return {
    features: values.only === undefined ? FEATURES : withBase(values.only),
    rounds,
    seconds: values.quick ? { warmUp: 1, saturation: 1 } : { warmUp: 6, saturation: 2 },
    json: values.json,
    markdown: values.markdown,
  };
}

function withBase(names: string): readonly Feature[] {
  const wanted = new Set(names.split(',').map((name) => name.trim()));
  const chosen = FEATURES.filter(({ name }, i) => i === 0 || wanted.delete(name));
  if (wanted.size > 0) throw new Error(`no such feature: ${[...wanted].join('; ')}`);
  return chosen;
}

// What `npm run bench:scale` may be told on its command line.

import { parseArgs } from 'node:util';

export const PARTS = ['in-process', 'one', 'many'] as const;

export type PartName = (typeof PARTS)[number];

export interface ScaleOptions {
  /** Short turns: they tell that everything works, and little of how quick it is. */
  readonly quick: boolean;
  readonly parts: readonly PartName[];
  /** How many ambassadors the last part plays. */
  readonly ambassadors: number;
  /** Where the results go for machines; undefined for nowhere. */
  readonly json: string | undefined;
  /** Where the page of Markdown goes beside the terminal; undefined for nowhere. */
  readonly markdown: string | undefined;
}

export const SCALE_USAGE = `npm run bench:scale -- [options]
  --quick          two minutes: small sizes and short turns
  --only PARTS     these alone, separated by commas: ${PARTS.join(', ')}
  --ambassadors N  how many the part many plays; default 200, 20 with --quick
  --json FILE      results for machines
  --markdown FILE  the tables that are printed`;

/** @throws Error when an option or a value is not known */
export function parseScaleOptions(args: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: PARTS.join() },
      ambassadors: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const ambassadors = Number(values.ambassadors ?? (values.quick ? 20 : 200));
  if (!Number.isInteger(ambassadors) || ambassadors < 1) {
    throw new Error(`not a number of ambassadors: ${values.ambassadors}`);
  }
  return {
    quick: values.quick,
    parts: partsOf(values.only),
    ambassadors,
    json: values.json,
    markdown: values.markdown,
  };
}

function partsOf(names: string): readonly PartName[] {
  return names.split(',').map((wanted) => {
    const part = PARTS.find((name) => name === wanted.trim());
    if (part === undefined) throw new Error(`no such part: ${wanted.trim()}`);
    return part;
  });
}

// What `npm run bench` may be told on its command line.

import { parseArgs } from 'node:util';
import { PEERS } from './peers/registry.ts';
import type { Shape } from './shapes.ts';
import { SHAPES } from './shapes.ts';

export interface BenchOptions {
  /** Names of what is measured; empty for all that this machine has. */
  readonly only: readonly string[];
  readonly shapes: readonly Shape[];
  readonly rounds: number;
  /** Rounds before those, which are not counted: V8 compiles anew what a change of the load has proved wrong. */
  readonly dryRounds: number;
  /** How long each measurement of a round takes, and the load before the first, in seconds. */
  readonly seconds: { readonly warmUp: number; readonly saturation: number; readonly constantRate: number };
  /** Where the results go for machines; undefined for nowhere. */
  readonly json: string | undefined;
  /** Where the page of Markdown goes beside the terminal; undefined for nowhere. */
  readonly markdown: string | undefined;
}

export const BENCH_USAGE = `npm run bench -- [options]
  --quick          about a minute: the small shape, two short rounds
  --only NAMES     these alone, separated by commas: ${PEERS.map(({ name }) => name).join(', ')}
  --shape NAMES    ${SHAPES.map(({ name }) => name).join(', ')}; default all
  --rounds N       default 8; 2 with --quick
  --json FILE      results for machines
  --markdown FILE  the tables that are printed`;

/** Short turns and many of them: what disturbs the machine then disturbs every proxy alike. */
const FULL = { rounds: 8, dryRounds: 2, seconds: { warmUp: 8, saturation: 3, constantRate: 3 } };
/** Too short for compiled code to settle: it tells that everything works, and the order of things. */
const QUICK = { rounds: 2, dryRounds: 0, seconds: { warmUp: 2, saturation: 1, constantRate: 1 } };

/** @throws Error when an option or a value is not known */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      shape: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const size = values.quick ? QUICK : FULL;
  const rounds = values.rounds === undefined ? size.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`not a number of rounds: ${values.rounds}`);
  return {
    only: peersOf(values.only),
    shapes:
      values.shape === undefined ? SHAPES.slice(0, values.quick ? 1 : undefined) : shapesOf(values.shape),
    rounds,
    dryRounds: size.dryRounds,
    seconds: size.seconds,
    json: values.json,
    markdown: values.markdown,
  };
}

function peersOf(names: string): readonly string[] {
  for (const wanted of list(names)) {
    if (!PEERS.some(({ name }) => name === wanted)) throw new Error(`no such proxy: ${wanted}`);
  }
  return list(names);
}

function shapesOf(names: string): readonly Shape[] {
  return list(names).map((wanted) => {
    const shape = SHAPES.find(({ name }) => name === wanted);
    if (shape === undefined) throw new Error(`no such shape: ${wanted}`);
    return shape;
  });
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

// What `npm run bench:protocols` may be told on its command line.

import { parseArgs } from 'node:util';
import { ROW_PEERS } from './registry.ts';
import type { Row } from './row.ts';
import { ROWS } from './row.ts';

export interface ProtocolsOptions {
  readonly rows: readonly Row[];
  /** Names of what is measured; empty for all that this machine has. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Of each measurement, and of the load before the first: whole seconds. */
  readonly seconds: { readonly warmUp: number; readonly saturation: number };
  /** Where the results go for machines; undefined for nowhere. */
  readonly json: string | undefined;
  /** Where the tables go beside the terminal; undefined for nowhere. */
  readonly markdown: string | undefined;
}

export const PROTOCOLS_USAGE = `npm run bench:protocols -- [options]
  --quick          two short rounds: it tells that everything works
  --rows NAMES     ${ROWS.map(({ name }) => name).join(', ')}; default all
  --only NAMES     these alone, separated by commas: ${ROW_PEERS.map(({ name }) => name).join(', ')}
  --rounds N       default 5; 2 with --quick
  --json FILE      results for machines
  --markdown FILE  the tables that are printed`;

/** @throws Error when an option or a value is not known */
export function parseProtocolsOptions(args: readonly string[]): ProtocolsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`not a number of rounds: ${values.rounds}`);
  return {
    rows: values.rows === undefined ? ROWS : list(values.rows).map(rowNamed),
    only: list(values.only).map(peerNamed),
    rounds,
    seconds: values.quick ? { warmUp: 1, saturation: 1 } : { warmUp: 5, saturation: 2 },
    json: values.json,
    markdown: values.markdown,
  };
}

function rowNamed(wanted: string): Row {
  const row = ROWS.find(({ name }) => name === wanted);
  if (row === undefined) throw new Error(`no such row: ${wanted}`);
  return row;
}

function peerNamed(wanted: string): string {
  if (!ROW_PEERS.some(({ name }) => name === wanted)) throw new Error(`no such proxy: ${wanted}`);
  return wanted;
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

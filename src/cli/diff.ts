// `ambassador diff`: what a configuration would change, as the two come out with every default filled in.

import { parseArgs } from 'node:util';
import { formatChange } from '../config/change.ts';
import type { ComparableConfig } from '../config/diff.ts';
import { diffConfigs } from '../config/diff.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Raw } from '../config/raw.ts';
import { isRawMap } from '../config/raw.ts';
import { AdminError } from './admin-address.ts';
import type { AdminClient } from './admin-client.ts';
import { adminClient } from './admin-options.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';

/** As diff(1) has them. */
const DIFFERENCES = 1;
const TROUBLE = 2;

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  admin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export const diff: Command = {
  usage: `ambassador diff -c FILE [--admin ADDRESS] [--json]
ambassador diff OLD NEW [--json]

  -c, --config FILE   what would be in force with FILE, against what is in force in a running ambassador
  OLD NEW             what would be in force with either of two files
  --admin ADDRESS     where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                      127.0.0.1:15001)
  --json              the changes as a list of { path, before, after }

Every default is filled in, and \${VARIABLES} are those of this command's own environment. Secrets are never shown;
against a running ambassador they count as unchanged.
Exit code 0: nothing differs; 1: something does; 2: the running ambassador cannot be asked; 78: a file has mistakes.`,
  options: OPTIONS,
  positionals: ['file', 'file'],

  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    const sides = sidesOf(values.config, values.admin, positionals);
    try {
      const after = await loadConfig(sides.file, io.env);
      const before =
        'other' in sides
          ? await loadConfig(sides.other, io.env)
          : await inForce(adminClient(sides.admin, io.env));
      return tell(before, after, values.json, io);
    } catch (error) {
      if (error instanceof ConfigError) {
        io.complain(error.message);
        return EXIT.badConfiguration;
      }
      if (!(error instanceof AdminError)) throw error;
      io.complain(`ambassador: ${error.message}`);
      return TROUBLE;
    }
  },
};

type Sides = { readonly file: string } & (
  | { readonly other: string }
  | { readonly admin: string | undefined }
);

/** @throws UsageError */
function sidesOf(file: string | undefined, admin: string | undefined, positionals: readonly string[]): Sides {
  const [older, newer, ...rest] = positionals;
  if (file !== undefined && older === undefined) return { file, admin };
  if (
    file === undefined &&
    admin === undefined &&
    older !== undefined &&
    newer !== undefined &&
    rest.length === 0
  ) {
    return { file: newer, other: older };
  }
  throw new UsageError('diff expects -c FILE, or two files');
}

/** @throws AdminError */
async function inForce(client: AdminClient): Promise<ComparableConfig> {
  const answer = await client.get('/api/config');
  // What JSON.parse gives has no other kinds of value.
  const { config } = (answer ?? {}) as { readonly config?: Raw };
  if (!isRawMap(config)) throw new AdminError('the admin API answered something else than a configuration');
  return { shown: config };
}

function tell(before: ComparableConfig, after: ComparableConfig, json: boolean, io: CommandIo): number {
  const changes = diffConfigs(before, after);
  if (json) io.print(JSON.stringify(changes, null, 2));
  else for (const change of changes) io.print(formatChange(change));
  return changes.length === 0 ? EXIT.done : DIFFERENCES;
}

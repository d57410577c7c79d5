// `ambassador config`: what is in force in a running ambassador, in the form of the file.

import { parseArgs } from 'node:util';
import type { ConfigurationState } from '../admin/configuration-view.ts';
import { formatProblem } from '../config/problem.ts';
import type { Raw } from '../config/raw.ts';
import { isRawMap } from '../config/raw.ts';
import { yamlText } from '../config/yaml-text.ts';
import { AdminError } from './admin-address.ts';
import { ADMIN_USAGE, adminClient, ADMIN_OPTIONS as OPTIONS } from './admin-options.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { kvText } from './kv-text.ts';

export const config: Command = {
  usage: `ambassador config [--admin ADDRESS] [--json]
${ADMIN_USAGE}

Prints YAML with every default filled in and secrets redacted; what waits for a restart stands at its top.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const response = await adminClient(values.admin, io.env).get('/api/config');
    // What JSON.parse gives has no other kinds of value.
    const { config: inForce, ...state } = (response ?? {}) as ConfigurationState & { readonly config?: Raw };
    if (!isRawMap(inForce)) throw new AdminError('the admin API did not answer with a configuration');
    if (values.json) io.print(JSON.stringify(response, null, 2));
    else for (const line of [...stateLines(state), yamlText(inForce)]) io.print(line);
    return EXIT.done;
  },
};

function stateLines({
  file,
  loadedAt,
  refused,
  waitingForRestart,
  kv,
}: ConfigurationState): readonly string[] {
  return [
    file === null ? '# No file: defaults and environment.' : `# ${file}, read ${loadedAt}.`,
    ...(kv === null ? [] : [`# ${kvText(kv)}; what the file says goes before.`]),
    ...(waitingForRestart.length === 0
      ? []
      : [`# After a restart the file's own value counts: ${waitingForRestart.join(', ')}.`]),
    ...(refused === null ? [] : [`# What was read last was refused ${refused.at}:`]),
    ...(refused?.problems ?? []).map(
      ({ file: of, line, column, key, message }) =>
        `#   ${formatProblem({ file: of, line: line ?? undefined, column: column ?? undefined, path: key, message })}`,
    ),
  ];
}

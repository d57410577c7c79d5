// `ambassador check`: whether a configuration can be used, and everything that is wrong with it.

import { parseArgs } from 'node:util';
import { problemView } from '../admin/configuration-view.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { ConfigProblem } from '../core/config-events.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean', default: false },
} as const;

export const check: Command = {
  usage: `ambassador check -c FILE [--json]

  -c, --config FILE   the configuration, YAML or JSON
  --json              { file, ok, problems: [{ line, column, key, message }] } on standard output

Every problem is a line: FILE:LINE:COLUMN KEY: what is expected. Exit code 78 when there is one.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.config === undefined) throw new UsageError('check expects -c FILE');
    try {
      await loadConfig(values.config, io.env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (values.json) tell(io, values.config, error.problems);
      else io.complain(error.message);
      return EXIT.badConfiguration;
    }
    if (values.json) tell(io, values.config, []);
    else io.print(`${values.config}: ok`);
    return EXIT.done;
  },
};

function tell(io: CommandIo, file: string, problems: readonly ConfigProblem[]): void {
  const answer = { file, ok: problems.length === 0, problems: problems.map(problemView) };
  io.print(JSON.stringify(answer, null, 2));
}

// `ambassador check`: whether a configuration can be used here, and everything that is wrong with it.

import { parseArgs } from 'node:util';
import { problemView } from '../admin/configuration-view.ts';
import { parseConfig } from '../config/parse.ts';
import { placeRemarks } from '../config/place.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { readSource } from '../config/read-file.ts';
import type { ConfigProblem } from '../core/config-events.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { preflight } from './preflight.ts';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  ports: { type: 'boolean', default: false },
  'no-files': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export const check: Command = {
  usage: `ambassador check -c FILE [--ports] [--no-files] [--json]

  -c, --config FILE   the configuration, YAML or JSON
  --ports             also whether its addresses can be had, while no ambassador runs with it
  --no-files          not the files and folders that it names, as for a check on another machine
  --json              { file, ok, problems: [{ line, column, key, message }] } on standard output

Every problem is a line: FILE:LINE:COLUMN KEY: what is expected. Exit code 78 when there is one.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.config === undefined) throw new UsageError('check expects -c FILE');
    const problems = await problemsOf(values.config, io, {
      ports: values.ports,
      files: !values['no-files'],
    });
    if (values.json) {
      const report = { file: values.config, ok: problems.length === 0, problems: problems.map(problemView) };
      io.print(JSON.stringify(report, null, 2));
    } else if (problems.length === 0) io.print(`${values.config}: ok`);
    else for (const problem of problems) io.complain(formatProblem(problem));
    return problems.length === 0 ? EXIT.done : EXIT.badConfiguration;
  },
};

async function problemsOf(
  file: string,
  io: CommandIo,
  { ports, files }: { readonly ports: boolean; readonly files: boolean },
): Promise<readonly ConfigProblem[]> {
  try {
    const source = await readSource(file);
    const config = parseConfig(source, io.env);
    return placeRemarks(source, io.env, await preflight(config, { ports, files }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

// `ambassador check`: whether a configuration can be used, and everything that is wrong with it.

import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';

export const check: Command = {
  usage: `ambassador check -c FILE

  -c, --config FILE   the configuration, YAML or JSON

Every problem is a line: FILE:LINE:COLUMN KEY: what is expected. Exit code 78 when there is one.`,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    if (values.config === undefined) throw new UsageError('check expects -c FILE');
    try {
      await loadConfig(values.config, io.env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      io.complain(error.message);
      return EXIT.badConfiguration;
    }
    io.print(`${values.config}: ok`);
    return EXIT.done;
  },
};

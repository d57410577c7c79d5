// `ambassador reload`: lets a running ambassador read its configuration again, and says what came of it.

import { parseArgs } from 'node:util';
import type { ReloadReport } from '../admin/configuration-view.ts';
import { formatChange } from '../config/change.ts';
import { AdminError } from './admin-address.ts';
import { OPERATOR_USAGE, OPERATOR_OPTIONS as OPTIONS } from './admin-options.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { callAs } from './operate.ts';

export const reload: Command = {
  usage: `ambassador reload [--why TEXT] [OPTIONS]

Prints what changed. A file with mistakes is refused, every mistake is printed, and the configuration in force stays:
exit code 78.
${OPERATOR_USAGE}`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    try {
      const report = (await callAs(values, io, '/api/config/reload', {})) as ReloadReport;
      for (const line of values.json ? [JSON.stringify(report, null, 2)] : reportLines(report))
        io.print(line);
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof AdminError) || error.reason !== 'configuration_refused') throw error;
      io.complain(`ambassador: ${error.message}`);
      return EXIT.badConfiguration;
    }
  },
};

function reportLines(report: ReloadReport): readonly string[] {
  if (report.outcome !== 'reloaded') return ['The configuration was read again: nothing has changed.'];
  const { changes, waitingForRestart } = report;
  const waiting = waitingForRestart.join(', ');
  return [
    ...changes.map(formatChange),
    ...(waiting === '' ? [] : [`Will count after a restart: ${waiting}`]),
  ];
}

// The command line of this process.

import { becomeLean, settle, speedUp } from './lean-process.ts';
import { leave } from './leave.ts';
import { runCommandLine } from './main.ts';
import { holdOpen } from './signals.ts';
import { complain, print } from './standard-streams.ts';

/** Loaded by a process that stays. */
let complaints: Promise<typeof import('./complaints.ts')> | undefined;

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  print,
  complain: (line) => {
    if (complaints === undefined) complain(line);
    else void complaints.then(({ complainWithoutWaiting }) => complainWithoutWaiting(line));
  },
  becomeResident: () => {
    becomeLean();
    complaints = import('./complaints.ts');
    holdOpen();
  },
  settle,
  speedUp,
});
if (complaints !== undefined) {
  const { complaintsWritten } = await complaints;
  await complaintsWritten();
  leave(exitCode);
}
process.exitCode = exitCode;

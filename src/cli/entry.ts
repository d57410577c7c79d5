// The command line of this process.

import { becomeLean, settle, speedUp } from './lean-process.ts';
import { runCommandLine } from './main.ts';

// The reader of what a command prints may have read enough: `ambassador schema | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  becomeResident: becomeLean,
  settle,
  speedUp,
});

#!/usr/bin/env node
import { becomeLean } from './cli/lean-process.ts';
import { runCommandLine } from './cli/main.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  becomeResident: becomeLean,
});

import type { CommandResult } from './ambassador-process.ts';
import { runProgram } from './ambassador-process.ts';
import { requireProgram } from './prerequisites.ts';

/** Runs curl to its end. */
export function runCurl(args: readonly string[]): Promise<CommandResult> {
  return runProgram(requireProgram('curl'), args);
}

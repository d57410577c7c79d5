import type { CommandResult } from './ambassador-process.ts';
import { runProgram } from './ambassador-process.ts';
import { requireProgram } from './prerequisites.ts';

/** Runs nghttp, a client of HTTP/2 on nghttp2, to its end. */
export function runNghttp(args: readonly string[]): Promise<CommandResult> {
  return runProgram(requireProgram('nghttp'), args);
}

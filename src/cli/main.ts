// The command line: finds the subcommand, and gives every way it can end its exit code.

import { VERSION } from '../app/version.ts';
import { messageOf } from '../core/errors.ts';
import { AdminError } from './admin-client.ts';
import type { CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandEntry } from './commands.ts';
import { commands } from './commands.ts';

/** @returns the exit code */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = argv;
  if (name === '--version' || name === '-v') {
    io.print(VERSION);
    return EXIT.done;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.print(overview());
    return name === undefined ? EXIT.badUsage : EXIT.done;
  }
  const entry = commandNamed(name);
  if (entry?.resident === true && !asksForHelp(args)) io.becomeResident?.();
  const command = await entry?.load();
  if (command === undefined) {
    io.complain(`ambassador: there is no command ${name}\n\n${overview()}`);
    return EXIT.badUsage;
  }
  if (asksForHelp(args)) {
    io.print(command.usage);
    return EXIT.done;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (isUsageFault(error)) {
      io.complain(`ambassador: ${messageOf(error)}\n\n${command.usage}`);
      return EXIT.badUsage;
    }
    io.complain(`ambassador: ${error instanceof AdminError ? error.message : faultText(error)}`);
    return EXIT.failed;
  }
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

function commandNamed(name: string): CommandEntry | undefined {
  return Object.entries(commands).find(([known]) => known === name)?.[1];
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `ambassador COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nambassador COMMAND --help tells more; --version tells the version.`;
}

/** What parseArgs throws counts as the caller's fault. */
function isUsageFault(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function faultText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

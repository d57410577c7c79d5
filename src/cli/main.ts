// The command line: finds the subcommand, and gives every way it can end its exit code. What it imports is loaded by the
// health check of a container every few seconds (`ambassador ready`).

import { codeOf, messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { AdminError } from './admin-address.ts';
import type { CommandIo, OptionsConfig } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandEntry } from './commands.ts';
import { commands } from './commands.ts';

/** @returns the exit code */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = argv;
  if (name === '--version' || name === '-v') {
    const { VERSION } = await import('../app/version.ts');
    io.print(VERSION);
    return EXIT.done;
  }
  if (name === '__complete') {
    const { complete } = await import('./complete.ts');
    for (const word of await complete(args, commands)) io.print(word);
    return EXIT.done;
  }
  if (name === 'help' && args[0] !== undefined) return runCommandLine([args[0], '--help'], io);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.print(overview());
    return name === undefined ? EXIT.badUsage : EXIT.done;
  }
  const entry = commandNamed(name);
  if (entry?.resident === true && !asksForHelp(args)) {
    io.becomeResident?.();
  }
  const command = await entry?.load();
  if (command === undefined) {
    const meant = nearest(name, Object.keys(commands));
    const hint = meant === undefined ? '.' : `; did you mean ${meant}?`;
    io.complain(`ambassador: there is no command ${name}${hint} ambassador --help lists them.`);
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
      io.complain(`ambassador ${name}: ${usageFault(error, command.options)} (ambassador ${name} --help)`);
      return EXIT.badUsage;
    }
    io.complain(`ambassador: ${error instanceof AdminError ? error.message : faultText(error)}`);
    return EXIT.failed;
  }
}

/** What stands after `--` is another program's. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

/** What is wrong, on one line, and for an unknown option which one may be meant. */
function usageFault(error: unknown, options: OptionsConfig = {}): string {
  const [, written] = /^Unknown option '--([^']+)'/.exec(messageOf(error)) ?? [];
  const [, option] = /^Option '(?:-\w, )?(--[\w-]+) <value>' argument missing/.exec(messageOf(error)) ?? [];
  if (option !== undefined) return `${option} expects a value`;
  const [, argument] = /^Unexpected argument '([^']*)'/.exec(messageOf(error)) ?? [];
  if (argument !== undefined) return `there is no place for ${argument}`;
  // Of Node's own text the first sentence says what is wrong.
  if (written === undefined) return messageOf(error).split(/\. |\n/)[0] ?? '';
  const meant = nearest(written, Object.keys(options));
  return `there is no option --${written}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
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
  return codeOf(error).startsWith('ERR_PARSE_ARGS');
}

function faultText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

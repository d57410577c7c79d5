// `ambassador __complete WORDS`, which completion scripts call: a line for each word that may stand in place of the
// last, or FILES alone, or no line where nothing that is known can stand.

import { TIMELINE_KINDS } from '../observe/timeline/timeline-entry.ts';
import { adminClient } from './admin-options.ts';
import type { OptionsConfig, Positional } from './command.ts';
import type { CommandEntry } from './commands.ts';

/** What a running ambassador is asked for; what it cannot tell is left out. */
interface Known {
  services(): Promise<readonly string[]>;
  endpoints(service: string): Promise<readonly string[]>;
}

/** In place of words: the shell offers the names of files. No word of ours begins with a colon. */
const FILES = ':file';

const FILE_OPTIONS: ReadonlySet<string> = new Set(['config', 'token-file']);

/** Words for options that have a fixed set of values. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'log-level': ['debug', 'info', 'warn', 'error'],
  kind: TIMELINE_KINDS,
};

export async function complete(
  words: readonly string[],
  commands: Readonly<Record<string, CommandEntry>>,
  known: (admin: string | undefined) => Known = askRunning,
): Promise<readonly string[]> {
  const [name = '', ...rest] = words;
  const names = Object.keys(commands);
  if (rest.length === 0) return starting(name, [...names, 'help']);
  if (name === 'help') return rest.length === 1 ? starting(rest[0] ?? '', names) : [];
  const command = await Object.entries(commands)
    .find(([written]) => written === name)?.[1]
    .load();
  if (command === undefined) return [];
  const { options = {}, positionals = [] } = command;
  const last = rest.at(-1) ?? '';
  const { before, waiting, admin, isOver } = readBefore(rest.slice(0, -1), options);
  // Another program's words, of which it may be a file that is meant.
  if (isOver) return [FILES];
  if (waiting !== undefined) {
    return FILE_OPTIONS.has(waiting) ? [FILES] : starting(last, VALUES[waiting] ?? []);
  }
  if (last.startsWith('-')) {
    return starting(
      last,
      [...Object.keys(options), 'help'].map((option) => `--${option}`),
    );
  }
  const kind = positionals[before.length];
  if (kind === undefined) return [];
  return kind === 'file' ? [FILES] : starting(last, await wordsOf(kind, before, known(admin)));
}

async function wordsOf(
  kind: Exclude<Positional, 'file'>,
  before: readonly string[],
  known: Known,
): Promise<readonly string[]> {
  if (typeof kind !== 'string') return kind;
  switch (kind) {
    case 'service':
      return known.services();
    case 'endpoint':
      return known.endpoints(before.at(-1) ?? '');
  }
}

interface Before {
  /** The words that are no options. */
  readonly before: readonly string[];
  /** The option whose value the last word is to be. */
  readonly waiting: string | undefined;
  readonly admin: string | undefined;
  /** After `--` another program's words begin. */
  readonly isOver: boolean;
}

function readBefore(words: readonly string[], options: OptionsConfig): Before {
  const before: string[] = [];
  let waiting: string | undefined;
  let admin: string | undefined;
  for (const word of words) {
    if (waiting !== undefined) {
      if (waiting === 'admin') admin = word;
      waiting = undefined;
    } else if (word === '--') {
      return { before, waiting, admin, isOver: true };
    } else if (word.startsWith('-')) {
      const [option] = Object.entries(options).find(
        ([name, { type, short }]) => type === 'string' && (word === `--${name}` || word === `-${short}`),
      ) ?? [undefined];
      waiting = option;
      if (word.startsWith('--admin=')) admin = word.slice('--admin='.length);
    } else {
      before.push(word);
    }
  }
  return { before, waiting, admin, isOver: false };
}

function starting(beginning: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => word.startsWith(beginning)).sort();
}

function askRunning(admin: string | undefined): Known {
  const ask = async (path: string): Promise<object> => {
    try {
      return (await adminClient(admin, process.env).get(path)) ?? {};
    } catch {
      // A message in the middle of a line would be in the way.
      return {};
    }
  };
  return {
    services: async () => {
      const { known = [] } = (await ask('/api/services')) as { readonly known?: readonly string[] };
      return known;
    },
    endpoints: async (service) => {
      const answer = await ask(`/api/services/${encodeURIComponent(service)}`);
      const { endpoints = [] } = answer as { readonly endpoints?: readonly { readonly authority: string }[] };
      return endpoints.map(({ authority }) => authority);
    },
  };
}

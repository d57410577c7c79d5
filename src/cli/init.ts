// `ambassador init`: a configuration to start from, every line of it explained.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { STARTER_CONFIG } from '../config/starter.ts';
import { codeOf } from '../core/errors.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { faultText } from './writable-files.ts';

const OPTIONS = { print: { type: 'boolean', default: false } } as const;

const DEFAULT_FILE = 'ambassador.yaml';

export const init: Command = {
  usage: `ambassador init [FILE] [--print]

  FILE      where it is written (default ${DEFAULT_FILE}); a file that exists is never overwritten
  --print   writes it to standard output instead

What is written has comments for every section; everything but two examples is commented out and has its default.`,
  options: OPTIONS,
  positionals: ['file'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [file = DEFAULT_FILE, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('init expects one file');
    if (values.print) {
      io.print(STARTER_CONFIG.trimEnd());
      return EXIT.done;
    }
    try {
      await writeFile(file, STARTER_CONFIG, { flag: 'wx' });
    } catch (error) {
      const exists = codeOf(error) === 'EEXIST';
      const fault = exists ? 'exists and is left as it is' : `cannot be written: ${faultText(error)}`;
      io.complain(`ambassador: ${file} ${fault}`);
      return EXIT.failed;
    }
    io.print(`${file} is written. Next:\n  ambassador check -c ${file}\n  ambassador run -c ${file}`);
    return EXIT.done;
  },
};

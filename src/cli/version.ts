// `ambassador version`: what a report of a problem needs to name.

import { parseArgs } from 'node:util';
import { VERSION } from '../app/version.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

export const version: Command = {
  usage: `ambassador version [--json]

  --json   { version, node, platform, architecture }

ambassador --version prints the version alone.`,
  options: OPTIONS,

  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { platform, arch: architecture } = process;
    const { node } = process.versions;
    io.print(
      values.json
        ? JSON.stringify({ version: VERSION, node, platform, architecture }, null, 2)
        : `consul-ambassador ${VERSION} (Node.js ${node}, ${platform} ${architecture})`,
    );
    return Promise.resolve(EXIT.done);
  },
};

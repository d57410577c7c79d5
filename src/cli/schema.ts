// `ambassador schema`: what an editor needs to complete and check a configuration.

import { parseArgs } from 'node:util';
import { editorSchema } from '../config/editor-schema.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

export const schema: Command = {
  usage: 'ambassador schema',

  run(args, io) {
    parseArgs({ args: [...args], options: {} });
    io.print(JSON.stringify(editorSchema(), null, 2));
    return Promise.resolve(EXIT.done);
  },
};

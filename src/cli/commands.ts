// The subcommands by name: a new one is a file of its own and a line here.

import { check } from './check.ts';
import type { Command } from './command.ts';
import { demo } from './demo.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { endpoints, services } from './show.ts';

export const commands = { run, check, schema, services, endpoints, demo } satisfies Record<string, Command>;

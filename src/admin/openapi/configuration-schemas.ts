// Responses of the admin API of its configuration, as schemas: each is held against the type of its view by the
// compiler, and against real responses by a test.

import { z } from 'zod';
import type { ConfigurationState } from '../configuration-view.ts';
import type { LogLevelView } from '../log-level-routes.ts';
import { time } from './schema-kinds.ts';

const problem = z.strictObject({
  file: z.string().describe('The file, `environment`, or `Consul KV` with its key'),
  line: z.int().nullable(),
  column: z.int().nullable(),
  key: z.string(),
  message: z.string(),
});

const configurationShape = {
  file: z.string().nullable(),
  loadedAt: time('When the configuration in force was taken'),
  refused: z
    .strictObject({ at: time('When'), problems: z.array(problem) })
    .nullable()
    .describe('What was read last, if it was refused'),
  waitingForRestart: z.array(z.string()).describe('Keys that count only after a restart'),
  kv: z
    .strictObject({
      key: z.string(),
      state: z.enum(['waiting', 'absent', 'read']),
      modifyIndex: z.number().nullable().describe("Consul's index of the last change of the value"),
      failure: z.string().nullable().describe('Why it is not known whether that is still so'),
    })
    .nullable()
    .describe('The part of the configuration in Consul KV; null where the file names none'),
};

export const configuration = z.strictObject(configurationShape) satisfies z.ZodType<ConfigurationState>;

export const config = z.strictObject({
  ...configurationShape,
  config: z.unknown().describe('The configuration in force, without its secrets'),
  settings: z
    .array(
      z.strictObject({
        key: z.string(),
        value: z.unknown(),
        origin: z
          .union([
            z.strictObject({
              from: z.literal('file'),
              line: z.int().min(1),
              variables: z.array(z.string()).describe('Those that the file puts in there'),
            }),
            z.strictObject({ from: z.literal('kv'), line: z.int().min(1) }),
            z.strictObject({ from: z.literal('environment'), variable: z.string() }),
          ])
          .nullable()
          .describe('Null for a default'),
      }),
    )
    .describe('The same value by value, each with where it comes from'),
});

export const logLevel = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  until: time("When the configuration's own counts again").nullable(),
}) satisfies z.ZodType<LogLevelView>;

export const reloadReport = z.strictObject({
  outcome: z.enum(['reloaded', 'unchanged']),
  changes: z.array(
    z.strictObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
  waitingForRestart: z.array(z.string()),
});

// What an operator may say with a call.

import { z } from 'zod';
import { staticEndpoint } from '../discovery/endpoint-options.ts';
import { fieldName } from '../schema/field-names.ts';
import { AdminProblem } from './admin-problem.ts';
import { optionFault } from './fault-of-options.ts';

const LONGEST_EJECTION_SECONDS = 30 * 24 * 60 * 60;
const LONGEST_LEVEL_SECONDS = 24 * 60 * 60;
const LONGEST_OVERRIDE_SECONDS = 7 * 24 * 60 * 60;

/** Whatever an operator calls for, who and why may be said with it. */
const operatorOptions = {
  who: z
    .string()
    .optional()
    .describe('Who calls, for the log and the timeline; of more than 200 characters, the first.'),
  why: z
    .string()
    .optional()
    .describe('The reason, for the log and the timeline; of more than 200 characters, the first.'),
};

export const ejectOptions = z.strictObject({
  ...operatorOptions,
  durationSeconds: z
    .number()
    .positive()
    .max(LONGEST_EJECTION_SECONDS)
    .optional()
    .describe(
      'Seconds until the endpoint may show its recovery; without it, until an operator lets it back.',
    ),
});

export const logLevelOptions = z.strictObject({
  ...operatorOptions,
  level: z.enum(['debug', 'info', 'warn', 'error']).describe('The least that is logged.'),
  forSeconds: z
    .number()
    .positive()
    .max(LONGEST_LEVEL_SECONDS)
    .optional()
    .describe('After so many seconds the configuration counts again; without it, this does until a restart.'),
});

export const overrideOptions = z.strictObject({
  ...operatorOptions,
  address: staticEndpoint.describe('Where requests go: host:port, or unix:/path for a unix socket.'),
  header: z
    .strictObject({
      name: fieldName().describe('Its name.'),
      value: z.string().optional().describe('Its value; without it, any.'),
    })
    .transform(({ name, value }) => ({ name, value }))
    .optional()
    .describe('Only requests with this header go there; without it, all of them.'),
  forSeconds: z
    .number()
    .positive()
    .max(LONGEST_OVERRIDE_SECONDS)
    .optional()
    .describe('Seconds until it ends by itself; without it, until an operator ends it, or a restart.'),
});

export const noOptions = z.strictObject(operatorOptions);

/** @throws AdminProblem 400 */
export function readOptions<T extends z.ZodObject>(schema: T, content: unknown): z.output<T> {
  const { success, data, error } = schema.safeParse(content);
  if (success) return data;
  throw new AdminProblem({
    status: 400,
    reason: 'bad_request',
    detail: error.issues.map((issue) => optionFault(issue, Object.keys(schema.shape))).join('; '),
  });
}

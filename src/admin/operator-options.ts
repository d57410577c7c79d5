// What an operator may say with a call.

import { z } from 'zod';
import { AdminProblem } from './admin-problem.ts';

const LONGEST_EJECTION_SECONDS = 30 * 24 * 60 * 60;

export const ejectOptions = z.strictObject({
  durationSeconds: z
    .number()
    .positive()
    .max(LONGEST_EJECTION_SECONDS)
    .optional()
    .describe(
      'Seconds until the endpoint may show its recovery; without it, until an operator lets it back.',
    ),
});

export const noOptions = z.strictObject({});

/** @throws AdminProblem 400 */
export function readOptions<T>(schema: z.ZodType<T>, content: unknown): T {
  const { success, data, error } = schema.safeParse(content);
  if (success) return data;
  throw new AdminProblem({
    status: 400,
    reason: 'bad_request',
    detail: error.issues.map(({ path, message }) => `${path.join('.') || 'content'}: ${message}`).join('; '),
  });
}

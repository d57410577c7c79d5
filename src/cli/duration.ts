// Durations on the command line, written as in the configuration.

import { positiveDuration } from '../schema/fields.ts';
import { UsageError } from './command.ts';

/**
 * @returns milliseconds
 * @throws UsageError
 */
export function readDuration(option: string, text: string): number {
  const { success, data, error } = positiveDuration().safeParse(text);
  if (success) return data;
  throw new UsageError(`${option}: ${error.issues[0]?.message ?? 'expected a duration'}, not ${text}`);
}

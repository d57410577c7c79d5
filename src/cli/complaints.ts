// What a process that stays writes to standard error: a pipe that is full must not block it.

import { descriptorOutput } from '../core/lines/descriptor-output.ts';
import { LineWriter } from '../core/lines/line-writer.ts';
import { systemClock } from '../core/system-clock.ts';

/** How long the last complaints may take, in milliseconds. */
const WRITTEN_WITHIN_MS = 250;

const errors = new LineWriter(descriptorOutput(2), systemClock, { failed: () => {}, recovered: () => {} });
const complaints = errors.channel();

/** A line on standard error, given up when its reader does not keep up. */
export function complainWithoutWaiting(line: string): void {
  complaints.write(`${line}\n`);
}

/** Resolves when they are written, or could not be in time. */
export function complaintsWritten(): Promise<void> {
  return errors.flush(WRITTEN_WITHIN_MS);
}

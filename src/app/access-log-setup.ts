// The access log as the configuration wants it, or none.

import type { AccessLogConfig } from '../config/types.ts';
import type { Logger } from '../core/logger.ts';
import type { AccessLogOptions } from '../observe/access-log/access-log.ts';
import { AccessLog } from '../observe/access-log/access-log.ts';
import { FileSink } from '../observe/access-log/file-sink.ts';

export interface AccessLogSetUp extends Pick<AccessLogOptions, 'sink' | 'clock' | 'random'> {
  /** Whether `sink` is a terminal. */
  readonly isTerminal: boolean;
  readonly logger: Logger;
}

/** What is logged of uneventful requests: enough to see that traffic flows, and what it looks like. */
const DEFAULT_SAMPLE = 0.01;

export interface AccessLogParts {
  readonly log: AccessLog;
  /** Lines given up so far, without those that standard output did not take. */
  readonly dropped: () => number;
  /** Resolves when what waits is written, or could not be in time. */
  close(): Promise<void>;
}

/**
 * Undefined when it is off.
 * @param setUp `sink` is for lines that go to no file
 * @throws Error when its file cannot be written
 */
export async function setUpAccessLog(
  { enabled, sample, slowThreshold, format, file }: AccessLogConfig,
  { sink, isTerminal, clock, random, logger }: AccessLogSetUp,
): Promise<AccessLogParts | undefined> {
  if (!enabled) return undefined;
  const fileSink = file === undefined ? undefined : await FileSink.open(file, clock, logger);
  const log = new AccessLog({
    sample: sample ?? (isTerminal && file === undefined ? 1 : DEFAULT_SAMPLE),
    slowThresholdMs: slowThreshold,
    format,
    sink: fileSink ?? sink,
    clock,
    random,
  });
  return {
    log,
    dropped: () => log.dropped + (fileSink?.dropped ?? 0),
    close: async () => {
      log.close();
      await fileSink?.close();
    },
  };
}

// The main log: JSON lines on standard output or standard error, or lines for people on a terminal. The only file that
// knows pino.

import type { DestinationStream, Level } from 'pino';
import { pino } from 'pino';
import type { Clock } from '../../core/clock.ts';
import type { LineSink } from '../../core/line-sink.ts';
import { descriptorOutput } from '../../core/lines/descriptor-output.ts';
import { gapText } from '../../core/lines/gap-text.ts';
import type { WritingGap } from '../../core/lines/line-writer.ts';
import { LineWriter } from '../../core/lines/line-writer.ts';
import type { Logger } from '../../core/logger.ts';
import { secrets } from '../../core/secrets.ts';

export interface MainLog {
  readonly logger: Logger;
  /** The same output, for lines of the access log. */
  readonly accessLines: LineSink & { readonly dropped: number };
  /** Lines of the main log that were given up so far. */
  readonly dropped: () => number;
  /** Changes what is logged from now on. */
  setLevel(level: Level): void;
  /** Resolves when everything is written, when that fails, or after `withinMs`. */
  flush(withinMs: number): Promise<void>;
}

export interface MainLogOptions {
  /** The least that is logged. */
  readonly level: Level;
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
  /** Standard output, or 2 for standard error. */
  readonly fd: 1 | 2;
  readonly clock: Clock;
}

export async function openMainLog({ level, pretty, fd, clock }: MainLogOptions): Promise<MainLog> {
  const writer = new LineWriter(descriptorOutput(fd), clock, {
    // There is no other place to say so; the metric counts.
    failed: () => {},
    recovered: (gap) => reportGap(logger, gap),
  });
  const lines = writer.channel();
  const format = pretty ? await prettyFormat() : (line: string) => line;
  const destination: DestinationStream = {
    write: (line) => void lines.write(format(secrets.redactStructured(line))),
  };
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: named } },
    destination,
  );
  return {
    logger,
    accessLines: writer.channel(),
    dropped: () => lines.dropped,
    setLevel: (next) => {
      logger.level = next;
    },
    flush: (withinMs) => writer.flush(withinMs),
  };
}

function named(label: string): { readonly level: string } {
  return { level: label };
}

function reportGap(logger: Logger, gap: WritingGap): void {
  logger.warn({ dropped: gap.lines }, `The log is written again. ${gapText('log', gap)}`);
}

/** Loaded only where it is wanted: production has no use for it. */
async function prettyFormat(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  const format = prettyFactory({
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  // Its types leave out that a line that is no JSON comes back as it is.
  return (line) => String(format(line));
}

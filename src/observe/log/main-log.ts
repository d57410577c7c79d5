// The main log: JSON lines on standard output or standard error, or lines for people on a terminal. The only file that knows pino.

import type { DestinationStream, Level } from 'pino';
import { destination, pino } from 'pino';
import type { LineSink } from '../../core/line-sink.ts';
import type { Logger } from '../../core/logger.ts';

export interface MainLog {
  readonly logger: Logger;
  /** The same output, for lines that are made elsewhere. */
  readonly sink: LineSink;
  /** Changes what is logged from now on. */
  setLevel(level: Level): void;
  /** Writes what is waiting; for the end of the process. */
  flush(): void;
}

/**
 * @param level the least that is logged
 * @param pretty lines for people instead of JSON
 * @param fd standard output, or 2 for standard error
 */
export async function openMainLog(level: Level, pretty: boolean, fd: 1 | 2 = 1): Promise<MainLog> {
  // Not synchronous: it may be a pipe whose reader is slow.
  const output = destination({ fd, sync: false });
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: named },
  };
  const logger = pino(options, pretty ? await prettyStream(fd) : output);
  return {
    logger,
    sink: output,
    setLevel: (next) => {
      logger.level = next;
    },
    flush: () => {
      try {
        output.flushSync();
      } catch {
        // Nobody reads any more; there is no one to tell.
      }
    },
  };
}

function named(label: string): { readonly level: string } {
  return { level: label };
}

/** Loaded only where it is wanted: production has no use for it. */
async function prettyStream(fd: 1 | 2): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: fd,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    sync: true,
  });
}

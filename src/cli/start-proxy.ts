// What `run` and `exec` have in common: the configuration is read, and the proxy built with its log.

import { isatty } from 'node:tty';
import type { Ambassador } from '../app/ambassador.ts';
import { buildAmbassador } from '../app/build.ts';
import { FileProblem } from '../app/file-problem.ts';
import { parseConfigApart } from '../config/parse-apart.ts';
import { ConfigError } from '../config/problem.ts';
import { readConfigFile } from '../config/read-file.ts';
import type { LogLevel } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import { secrets } from '../core/secrets.ts';
import { systemClock } from '../core/system-clock.ts';
import { CannotListen } from '../listener/cannot-listen.ts';
import { FaultRecord } from '../observe/log/fault-record.ts';
import type { MainLog } from '../observe/log/main-log.ts';
import { openMainLog } from '../observe/log/main-log.ts';
import type { CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { guardAgainstCrashes } from './crash-guard.ts';

export const PROXY_OPTIONS = {
  config: { type: 'string', short: 'c' },
  'log-level': { type: 'string' },
} as const;

export const PROXY_USAGE = `
  -c, --config FILE   the configuration, YAML or JSON; without one: every service in Consul, on demand
  --log-level LEVEL   debug, info, warn or error, over the configuration's own`;

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Standard output, and standard error for a proxy beside a command whose output is its own. */
export type LogOutput = 1 | 2;

interface ProxyOptions {
  readonly config?: string | undefined;
  readonly 'log-level'?: string | undefined;
  readonly logTo: LogOutput;
}

/**
 * How long the configuration may take to be parsed, in milliseconds: a machine that starts everything at once has no core
 * to spare, and a process that gives up here is started again.
 */
const PARSED_WITHIN_MS = 60_000;

/** How long the last lines of the log may take, in milliseconds. */
const LAST_LINES_WITHIN_MS = 250;

/**
 * Gives the proxy, not yet started, to `use`, whose exit code it returns; what it throws is logged.
 * @throws UsageError
 */
export async function withProxy(
  { config: file, 'log-level': levelText, logTo }: ProxyOptions,
  io: CommandIo,
  use: (ambassador: Ambassador, log: MainLog) => Promise<number>,
): Promise<number> {
  const level = logLevel(levelText);
  const read = await readConfig(file, io);
  if (read === undefined) return EXIT.badConfiguration;
  const { source, config } = read;
  const isTerminal = isatty(logTo);
  const log = await openMainLog({
    level: level ?? config.logLevel,
    pretty: isTerminal,
    fd: logTo,
    clock: systemClock,
  });
  const faults = new FaultRecord(log.logger, systemClock);
  guardAgainstCrashes(log, faults);
  try {
    const ambassador = await buildAmbassador({
      config,
      source,
      environment: io.env,
      logger: log.logger,
      accessLines: log.accessLines,
      logDropped: log.dropped,
      faults,
      isTerminal,
      logLevel: level ?? config.logLevel,
      logLevelIsFixed: level !== undefined,
      setLogLevel: log.setLevel,
      onTraffic: io.speedUp,
    });
    return await use(ambassador, log);
  } catch (error) {
    // Once, as a configuration that cannot be used: a stack of ours would not help.
    if (error instanceof CannotListen) {
      io.complain(`ambassador: ${error.key}: ${error.message}`);
      return EXIT.failed;
    }
    if (error instanceof FileProblem) {
      io.complain(`ambassador: ${error.message}`);
      return EXIT.failed;
    }
    log.logger.error({ err: error }, messageOf(error));
    io.complain(`ambassador: ${secrets.redact(messageOf(error))}`);
    return EXIT.failed;
  } finally {
    await log.flush(LAST_LINES_WITHIN_MS);
  }
}

/** Undefined when it has problems, which are then printed. */
async function readConfig(file: string | undefined, io: CommandIo) {
  try {
    const source = await readConfigFile(file);
    const { config } = await parseConfigApart(source, io.env, undefined, { withinMs: PARSED_WITHIN_MS });
    return { source, config };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.complain(error.message);
    return undefined;
  }
}

function logLevel(text: string | undefined): LogLevel | undefined {
  const level = LOG_LEVELS.find((known) => known === text);
  if (text !== undefined && level === undefined) {
    throw new UsageError(`--log-level expects one of ${LOG_LEVELS.join(', ')}, not ${text}`);
  }
  return level;
}

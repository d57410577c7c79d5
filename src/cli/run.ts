// `ambassador run`: the proxy, until a signal ends it.

import { parseArgs } from 'node:util';
import { buildAmbassador } from '../app/build.ts';
import { parseConfigApart } from '../config/parse-apart.ts';
import { ConfigError } from '../config/problem.ts';
import { readConfigFile } from '../config/read-file.ts';
import type { LogLevel } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import { openMainLog } from '../log/main-log.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { holdOpen, untilSignal } from './signals.ts';

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export const run: Command = {
  usage: `ambassador run [-c FILE] [--log-level LEVEL]

  -c, --config FILE   the configuration, YAML or JSON; without one: every service in Consul, on demand
  --log-level LEVEL   debug, info, warn or error, over the configuration's own

Reads the configuration again on SIGHUP and when the file changes; one with mistakes is refused and the old one stays.
Ends on SIGTERM or SIGINT once open requests are done; a second signal ends it at once.`,

  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string', short: 'c' }, 'log-level': { type: 'string' } },
    });
    const level = logLevel(values['log-level']);
    const read = await readConfig(values.config, io);
    if (read === undefined) return EXIT.badConfiguration;
    const { source, config } = read;
    const letGo = holdOpen();
    const log = await openMainLog(level ?? config.logLevel, process.stdout.isTTY);
    try {
      const ambassador = await buildAmbassador({
        config,
        source,
        environment: io.env,
        logger: log.logger,
        lines: log.sink,
        setLogLevel: level === undefined ? log.setLevel : () => {},
      });
      guardAgainstCrashes(log);
      await ambassador.start();
      await untilSignal(log, () => void ambassador.reload());
      await ambassador.stop();
      return EXIT.done;
    } catch (error) {
      log.logger.error({ err: error }, messageOf(error));
      io.complain(`ambassador: ${messageOf(error)}`);
      return EXIT.failed;
    } finally {
      letGo();
      log.flush();
    }
  },
};

/** Undefined when it has problems, which are then told. */
async function readConfig(file: string | undefined, io: CommandIo) {
  try {
    const source = await readConfigFile(file);
    const { config } = await parseConfigApart(source, io.env);
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

// `ambassador run`: the proxy, until a signal ends it.

import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { serviceManager } from './service-manager.ts';
import { untilSignal } from './signals.ts';
import { PROXY_OPTIONS, PROXY_USAGE, withProxy } from './start-proxy.ts';

export const run: Command = {
  usage: `ambassador run [-c FILE] [--log-level LEVEL]
${PROXY_USAGE}

Reads the configuration again on SIGHUP and when the file changes; one with mistakes is refused and the old one stays.
Ends on SIGTERM or SIGINT once open requests are done; a second signal ends it at once.`,
  options: PROXY_OPTIONS,

  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: PROXY_OPTIONS });
    return withProxy({ ...values, logTo: 1 }, io, async (ambassador, log) => {
      guardAgainstCrashes(log);
      const manager = serviceManager(io.env);
      const starting = ambassador.start();
      // From before anyone can see it run: a hang-up that nobody waits for ends a process.
      const stopping = untilSignal(log, () => {
        void starting.then(
          () => ambassador.reload(),
          () => {},
        );
      });
      await starting;
      io.settle?.();
      manager.ready();
      await stopping;
      manager.stopping();
      await ambassador.stop();
      return EXIT.done;
    });
  },
};

// `ambassador run`: the proxy, until a signal ends it.

import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { serviceManager } from './service-manager.ts';
import { untilSignal } from './signals.ts';
import { PROXY_OPTIONS, PROXY_USAGE, withProxy } from './start-proxy.ts';

export const run: Command = {
  usage: `ambassador run [-c FILE] [--log-level LEVEL]
${PROXY_USAGE}

Reads the configuration again on SIGHUP and when the file changes; one with mistakes is refused and the old one stays.
On SIGTERM it goes on serving until no caller is connected and none has called for two seconds, at most drain.timeout;
on SIGINT (Ctrl-C) until the open requests are done. A second signal ends it at once.`,
  options: PROXY_OPTIONS,

  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: PROXY_OPTIONS });
    return withProxy({ ...values, logTo: 1 }, io, async (ambassador, log) => {
      const manager = serviceManager(io.env);
      const started = Promise.withResolvers<void>();
      // From before anyone can see it run: a hang-up without a listener ends a process.
      const stopping = untilSignal(log, () => void started.promise.then(() => ambassador.reload()));
      const starting = ambassador.start();
      void starting.then(
        () => started.resolve(),
        () => {},
      );
      // What starting waits for must not keep a signal from being heard.
      await Promise.race([starting, stopping]);
      io.settle?.();
      manager.ready();
      // At a terminal there is no application that is stopped along with this process.
      const signal = await stopping;
      manager.stopping();
      await ambassador.stop({ applicationMayCall: signal === 'SIGTERM' });
      return EXIT.done;
    });
  },
};

// `ambassador demo`: Consul, sample services and an ambassador on this machine.

import { parseArgs } from 'node:util';
import { buildAmbassador } from '../app/build.ts';
import { parseConfig } from '../config/parse.ts';
import { systemClock } from '../core/system-clock.ts';
import type { RunningAmbassador } from '../demo/demo.ts';
import { runDemo } from '../demo/demo.ts';
import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { FaultRecord } from '../observe/log/fault-record.ts';
import { openMainLog } from '../observe/log/main-log.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

/** Where everybody expects it, and anywhere when something else is there already. */
const PORTS = [
  { traffic: 15_000, admin: 15_001 },
  { traffic: 0, admin: 0 },
] as const;

const OPTIONS = { once: { type: 'boolean', default: false } } as const;

export const demo: Command = {
  usage: `ambassador demo [--once]

  --once   walk through the story once, with figures, and end; exit code 0 when all went as it should

Fetches Consul when there is none. Runs until Ctrl-C and leaves nothing behind.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const succeeded = await runDemo({ once: values.once, print: io.print, startAmbassador });
    return succeeded ? EXIT.done : EXIT.failed;
  },
};

async function startAmbassador(consulAddress: string): Promise<RunningAmbassador> {
  const log = await openMainLog({ level: 'error', pretty: false, fd: 1, clock: systemClock });
  for (const { traffic, admin } of PORTS) {
    const text = JSON.stringify({
      consul: { address: consulAddress },
      listen: `127.0.0.1:${traffic}`,
      admin: { listen: `127.0.0.1:${admin}` },
      accessLog: { enabled: false },
    });
    const config = parseConfig({ file: 'demo', text }, {});
    const ambassador = await buildAmbassador({
      config,
      source: undefined,
      environment: {},
      logger: log.logger,
      accessLines: log.accessLines,
      logDropped: log.dropped,
      faults: new FaultRecord(log.logger, systemClock),
      isTerminal: false,
      logLevel: config.logLevel,
      logLevelIsFixed: false,
      setLogLevel: log.setLevel,
    });
    try {
      const bound = await ambassador.start();
      const url = urlOf(bound.traffic[0]);
      const adminUrl = urlOf(bound.admin);
      await untilReady(adminUrl);
      return { url, adminUrl, stop: () => ambassador.stop({ applicationMayCall: false }) };
    } catch (error) {
      if (traffic === 0) throw error;
    }
  }
  throw new Error('unreachable');
}

function urlOf(address: ListenAddress | undefined): string {
  return address === undefined ? '' : `http://${formatAddress(address)}`;
}

async function untilReady(adminUrl: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await fetch(`${adminUrl}/readyz`)).ok) {
    if (performance.now() > deadline) throw new Error('the ambassador did not become ready within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// `ambassador demo`: Consul, sample services and an ambassador on this machine.

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildAmbassador } from '../app/build.ts';
import { callingOf, ownCommand } from '../app/own-command.ts';
import { parseConfig } from '../config/parse.ts';
import { systemClock } from '../core/system-clock.ts';
import { NoConsul } from '../demo/consul-binary.ts';
import type { RunningAmbassador } from '../demo/demo.ts';
import { runDemo } from '../demo/demo.ts';
import { demoEnvironment, writeDemoConfig } from '../demo/demo-config.ts';
import { CannotListen } from '../listener/cannot-listen.ts';
import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { FaultRecord } from '../observe/log/fault-record.ts';
import type { MainLog } from '../observe/log/main-log.ts';
import { openMainLog } from '../observe/log/main-log.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

/** Where everybody expects it. */
const USUAL = { listen: 15_000, 'admin.listen': 15_001 };

const OPTIONS = { once: { type: 'boolean', default: false } } as const;

export const demo: Command = {
  usage: `ambassador demo [--once]

  --once   walk through the story once, with figures, and end; exit code 0 when all went as it should

Fetches Consul when there is none. Runs until Ctrl-C and leaves nothing behind.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { print } = io;
    try {
      const succeeded = await runDemo({
        once: values.once,
        print,
        startAmbassador: (consulAddress) => startAmbassador(consulAddress, print),
      });
      return succeeded ? EXIT.done : EXIT.failed;
    } catch (error) {
      if (!(error instanceof NoConsul)) throw error;
      io.complain(`ambassador: ${error.message}`);
      return EXIT.failed;
    }
  },
};

/** Each port that is taken is replaced by a free one, and said with who has it. */
async function startAmbassador(
  consulAddress: string,
  print: (line: string) => void,
): Promise<RunningAmbassador> {
  const log = await openMainLog({ level: 'error', pretty: false, fd: 1, clock: systemClock });
  const ports = { ...USUAL };
  for (;;) {
    try {
      return await startAt(ports, consulAddress, log);
    } catch (error) {
      if (!(error instanceof CannotListen)) throw error;
      const { key } = error;
      if ((key !== 'listen' && key !== 'admin.listen') || ports[key] === 0) throw error;
      print(`Another port instead: ${error.message}`);
      ports[key] = 0;
    }
  }
}

async function startAt(ports: typeof USUAL, consulAddress: string, log: MainLog): Promise<RunningAmbassador> {
  // Of this demo alone: what listens on loopback is in reach of everyone on the machine.
  const adminToken = randomBytes(8).toString('hex');
  const source = writeDemoConfig({
    consul: consulAddress,
    listen: ports.listen,
    adminListen: ports['admin.listen'],
    adminToken,
  });
  const environment = demoEnvironment(process.env);
  const config = parseConfig(source, environment);
  const ambassador = await buildAmbassador({
    config,
    source,
    environment,
    logger: log.logger,
    accessLines: log.accessLines,
    logDropped: log.dropped,
    faults: new FaultRecord(log.logger, systemClock),
    isTerminal: false,
    logLevel: config.logLevel,
    logLevelIsFixed: false,
    setLogLevel: log.setLevel,
  });
  const bound = await ambassador.start();
  const url = urlOf(bound.traffic[0]);
  const adminUrl = urlOf(bound.admin);
  await untilReady(adminUrl);
  const program = ownCommand(callingOf(process.env));
  const elsewhere = ports['admin.listen'] === 0 ? ` --admin ${new URL(adminUrl).host}` : '';
  return {
    url,
    adminUrl,
    adminToken,
    configFile: source.file,
    command: (call) => `${program} ${call}${elsewhere}`,
    stop: () => ambassador.stop({ applicationMayCall: false }),
  };
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

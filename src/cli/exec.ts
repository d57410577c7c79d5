// `ambassador exec`: the proxy and the application beside it, as one process to what starts them.

import { parseArgs } from 'node:util';
import type { BoundAddresses } from '../app/ambassador.ts';
import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { AdminClient } from './admin-client.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { readDuration } from './duration.ts';
import { usersEnvironment } from './lean-process.ts';
import { Program } from './program.ts';
import { PROXY_OPTIONS, PROXY_USAGE, withProxy } from './start-proxy.ts';

const OPTIONS = { ...PROXY_OPTIONS, 'ready-timeout': { type: 'string', default: '10s' } } as const;

/** How often readiness is asked for, in milliseconds. */
const ASK_EVERY_MS = 25;

/** Addresses that mean every interface are none to connect to. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export const exec: Command = {
  usage: `ambassador exec [-c FILE] [--ready-timeout DURATION] -- COMMAND [ARGUMENTS]

  COMMAND                   is started once the proxy is ready, with AMBASSADOR_URL=http://127.0.0.1:15000 (where the
                            proxy listens) in its environment; its input and output are those of this process
  --ready-timeout DURATION  how long to wait for that (default 10s); then COMMAND is never started
${PROXY_USAGE}

SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and others that programs give a meaning go to COMMAND; on a terminal,
Ctrl-C reaches it by itself. When COMMAND ends, open requests finish and the proxy stops. The exit code is that of
COMMAND (128 and the number of the signal that ended it), 127 or 126 when it cannot be found or run, and 1 when the
proxy cannot start. The log goes to standard error. The configuration is read again when its file changes.

As the first process of a container, start it under an init (docker run --init, shareProcessNamespace) when COMMAND
leaves orphans: their remains are not collected.`,
  options: OPTIONS,
  positionals: ['file'],

  run(args, io) {
    const end = args.indexOf('--');
    const [file, ...rest] = end === -1 ? [] : args.slice(end + 1);
    if (file === undefined) throw new UsageError('exec expects -- and a command after its options');
    const { values } = parseArgs({ args: args.slice(0, end), options: OPTIONS });
    const readyWithinMs = readDuration('--ready-timeout', values['ready-timeout']);
    return withProxy({ ...values, logTo: 2 }, io, async (ambassador) => {
      const program = new Program(io.complain);
      const bound = await ambassador.start();
      io.settle?.();
      try {
        const waitingFor = await untilReady(bound, readyWithinMs, program.asked);
        if (waitingFor !== undefined) {
          const within = values['ready-timeout'];
          io.complain(
            `ambassador: not ready within ${within}, so that the command is not started. ${waitingFor}`,
          );
          return EXIT.failed;
        }
        program.asked.addEventListener('abort', () => ambassador.withdraw());
        return await program.run(file, rest, {
          ...usersEnvironment(io.env),
          AMBASSADOR_URL: urlOf(bound.traffic[0]),
        });
      } finally {
        await ambassador.stop({ applicationMayCall: false });
      }
    });
  },
};

/** @returns what it still waits for when it takes longer */
async function untilReady(
  { admin }: BoundAddresses,
  withinMs: number,
  asked: AbortSignal,
): Promise<string | undefined> {
  const client = new AdminClient(admin.kind === 'unix' ? `unix:${admin.path}` : reachable(admin));
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { status, waitingFor } = await client.readiness();
    if (status === 'ready' || asked.aborted) return undefined;
    if (performance.now() > deadline) return waitingFor.join(' ');
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

function urlOf(address: ListenAddress | undefined): string {
  if (address === undefined) return '';
  return address.kind === 'unix' ? formatAddress(address) : `http://${reachable(address)}`;
}

function reachable(address: ListenAddress): string {
  if (address.kind === 'unix') return formatAddress(address);
  return formatAddress({ ...address, host: LOOPBACK_OF[address.host] ?? address.host });
}

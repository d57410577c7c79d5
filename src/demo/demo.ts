// `ambassador demo`: Consul, sample services and an ambassador on this machine, until Ctrl-C.

import { messageOf } from '../core/errors.ts';
import { onScriptEnded } from './script-parent.ts';
import { tellStory } from './story.ts';
import { pause } from './wait.ts';
import type { DemoInstance } from './world.ts';
import { DemoWorld } from './world.ts';

/** Long enough to see in the admin API and with curl that an instance is missing. */
const REVIVE_AFTER_MS = 20_000;

export interface RunningAmbassador {
  /** Where it takes calls, without a slash at the end. */
  readonly url: string;
  readonly adminUrl: string;
  /** What its admin API asks for before it changes something. */
  readonly adminToken: string;
  readonly configFile: string;
  /** How a person calls the program, with what leads to this ambassador. */
  readonly command: (call: string) => string;
  stop(): Promise<void>;
}

export interface DemoOptions {
  /** Tells the story once and ends, instead of staying up. */
  readonly once: boolean;
  /** Starts an ambassador for every service of that Consul and returns when it is ready. */
  readonly startAmbassador: (consulAddress: string) => Promise<RunningAmbassador>;
  /** One line for the person who watches. */
  readonly print: (line: string) => void;
  /** Ends the demo that stays up. Default: SIGINT or SIGTERM; a second one, or one during the story, ends the process. */
  readonly signal?: AbortSignal;
}

/** Whether all went as it should. When it returns, nothing that it started is left. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { print } = options;
  const stopped = options.signal ?? (options.once ? new AbortController().signal : onTerminationSignal());
  print('Starting Consul and the sample services ...');
  const world = await DemoWorld.start({
    print,
    onLost: (lost) => {
      void reviveLater(world, lost, stopped, print);
    },
  });
  try {
    const ambassador = await options.startAmbassador(world.consulAddress);
    try {
      if (options.once) return await tellStory({ ...ambassador, world, print });
      for (const line of instructions(ambassador, world)) print(line);
      await untilAborted(stopped);
      print('Stopping ...');
      return true;
    } finally {
      await ambassador.stop();
    }
  } finally {
    await world.dispose();
  }
}

async function reviveLater(
  world: DemoWorld,
  lost: DemoInstance,
  stopped: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  if (stopped.aborted) return;
  print(`${lost.id} (pid ${lost.pid}) has ended; it comes back in ${REVIVE_AFTER_MS / 1_000} s`);
  await pause(REVIVE_AFTER_MS, stopped);
  if (stopped.aborted) return;
  try {
    const revived = await world.revive(lost.service, lost.id);
    print(`${revived.id} is back (pid ${revived.pid})`);
  } catch (error) {
    print(`${lost.id} did not come back: ${messageOf(error)}`);
  }
}

function instructions(ambassador: RunningAmbassador, world: DemoWorld): readonly string[] {
  const { url, adminUrl, adminToken, configFile, command } = ambassador;
  const [victim, another] = world.instances.filter(({ service }) => service === 'payments');
  return [
    '',
    `Consul     ${world.consulAddress}`,
    `Calls      ${url}`,
    `Dashboard  ${adminUrl}/`,
    `Admin API  ${adminUrl}/api/overview`,
    `Token      ${adminToken}, which the dashboard and the admin API ask for before they change something`,
    `Config     ${configFile}, which is taken again when you change it`,
    '',
    ...world.instances.map(({ id, pid, port }) => `  ${id.padEnd(12)} 127.0.0.1:${port}  pid ${pid}`),
    '',
    'Try, in another terminal:',
    `  curl '${url}/payments/charge' -d '{"amount": 12}'`,
    `  curl -H 'x-ambassador-service: fraud' '${url}/check'`,
    `  curl '${url}/inventory/slow?ms=500'`,
    `  curl '${adminUrl}/api/services/payments'`,
    'The service ledger speaks gRPC; in JSON it is called so, one by one or as a stream, and its errors have details:',
    `  curl '${url}/ledger/v1/accounts/alice'`,
    `  curl -N '${url}/ledger/v1/accounts/alice/entries?count=5&pause=0.5s'`,
    `  curl '${url}/ledger/v1/accounts/bob/entries' -d '{"kind": "DEBIT", "amountCents": 5000}'`,
    'Calls without end, while an instance dies:',
    `  while sleep 0.1; do curl -s -o /dev/null -w '%{http_code}\\n' '${url}/payments/charge'; done`,
    ...(victim === undefined
      ? []
      : [`  kill -KILL ${victim.pid}        # ${victim.id} dies; no call fails, and it comes back later`]),
    'What the ambassador sees, and an endpoint taken out by an operator:',
    `  ${command('status')}`,
    ...(another === undefined
      ? []
      : [`  ${command(`eject payments ${another.id} --for 30s --why 'trying it'`)} --token ${adminToken}`]),
    '',
    'Ctrl-C ends everything.',
  ];
}

function onTerminationSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  onScriptEnded(abort, { env: process.env });
  return controller.signal;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

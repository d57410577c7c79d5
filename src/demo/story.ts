// The demo's story: three services called by name, one instance killed under traffic, and brought back.

import { messageOf } from '../core/errors.ts';
import { systemClock } from '../core/system-clock.ts';
import type { EndpointView } from './endpoint-view.ts';
import { viewEndpoint } from './endpoint-view.ts';
import type { TrafficReport } from './traffic.ts';
import { callInstance, Traffic } from './traffic.ts';
import { pause, waitFor } from './wait.ts';
import type { DemoInstance, DemoWorld } from './world.ts';
import { DEMO_SERVICES } from './world.ts';

const CALLS_PER_SERVICE = 12;
/** An instance that was slow once is left alone for a while on a busy machine: so many may pass before it is called. */
const MOST_CALLS_PER_SERVICE = 500;
const CHANGE_TIMEOUT_MS = 15_000;
const SETTLING_MS = 1_000;

export interface StoryOptions {
  /** Where the ambassador takes calls. */
  readonly url: string;
  readonly adminUrl: string;
  readonly world: Pick<DemoWorld, 'instances' | 'kill' | 'revive'>;
  readonly print: (line: string) => void;
}

/** Whether every step went as it should; each is printed with its figures. */
export async function tellStory(options: StoryOptions): Promise<boolean> {
  try {
    await callEachService(options);
    await loseAndRegainAnInstance(options);
    options.print('Done: everything went as it should.');
    return true;
  } catch (error) {
    options.print(`FAILED: ${messageOf(error)}`);
    return false;
  }
}

async function callEachService({ url, print }: StoryOptions): Promise<void> {
  print(
    '1. Each service is called by its name; the sooner an instance responds, the more of the calls it gets.',
  );
  for (const { name, instances, protocol, path } of DEMO_SERVICES) {
    const asked = `${url}/${name}${path}`;
    const byInstance = new Map<string, number>();
    const how = protocol === 'grpc' ? ', in JSON to a service that speaks gRPC' : '';
    let calls = 0;
    while (calls < CALLS_PER_SERVICE || (byInstance.size < instances && calls < MOST_CALLS_PER_SERVICE)) {
      calls++;
      const instance = await callInstance(asked);
      byInstance.set(instance, (byInstance.get(instance) ?? 0) + 1);
    }
    print(`   GET ${asked}, ${calls} times${how}: ${distribution(byInstance)}`);
    if (byInstance.size < instances) {
      throw new Error(`${name} has ${instances} instances, and only ${byInstance.size} answered`);
    }
  }
}

async function loseAndRegainAnInstance(options: StoryOptions): Promise<void> {
  const { url, world, print } = options;
  const victim = world.instances.find(({ service }) => service === 'payments');
  if (victim === undefined) throw new Error('no instance of payments runs');
  const before = await view(options, victim);

  print(`2. ${victim.id} (pid ${victim.pid}) is killed while payments gets 100 calls a second.`);
  const duringLoss = await underTraffic(`${url}/payments/charge`, async () => {
    await world.kill(victim.id);
    return await waitForState(options, victim, (state) => state !== before.state);
  });
  print(
    `   ${duringLoss.calls} calls, ${duringLoss.failed} failed, slowest ${duringLoss.slowestMs} ms; ` +
      `the endpoint went from ${before.state} to ${described(duringLoss.change)} after ${duringLoss.changeMs} ms.`,
  );
  failOn(duringLoss);

  print(`3. ${victim.id} is brought back.`);
  const duringReturn = await underTraffic(`${url}/payments/charge`, async () => {
    const revived = await world.revive(victim.service, victim.id);
    return await waitForState(options, revived, (state) => state === before.state);
  });
  print(
    `   ${duringReturn.calls} calls, ${duringReturn.failed} failed; it was ${described(duringReturn.change)} ` +
      `again after ${duringReturn.changeMs} ms: ${distribution(duringReturn.byInstance)}`,
  );
  failOn(duringReturn);
  if (!duringReturn.byInstance.has(victim.id)) throw new Error(`${victim.id} is back and gets no calls`);
}

interface Change {
  readonly change: EndpointView;
  /** From the cause of the change until it was seen. */
  readonly changeMs: number;
}

async function underTraffic(
  url: string,
  cause: () => Promise<EndpointView>,
): Promise<TrafficReport & Change> {
  const traffic = new Traffic(url);
  try {
    await pause(SETTLING_MS);
    const start = systemClock.now();
    const change = await cause();
    const changeMs = Math.round(systemClock.now() - start);
    await pause(SETTLING_MS);
    return { ...(await traffic.stop()), change, changeMs };
  } finally {
    await traffic.stop();
  }
}

function waitForState(
  options: StoryOptions,
  instance: DemoInstance,
  isWanted: (state: string) => boolean,
): Promise<EndpointView> {
  return waitFor(`the ambassador to notice the change of ${instance.id}`, CHANGE_TIMEOUT_MS, async () => {
    const seen = await view(options, instance);
    return isWanted(seen.state) ? seen : undefined;
  });
}

function view({ adminUrl }: StoryOptions, { service, port }: DemoInstance): Promise<EndpointView> {
  return viewEndpoint(adminUrl, service, port);
}

function failOn(report: TrafficReport): void {
  if (report.failed > 0) throw new Error(`${report.failed} calls failed: ${report.failures.join(' | ')}`);
}

function described({ state, reason, tableVersion }: EndpointView): string {
  return `${state}${reason === undefined ? '' : ` (${reason})`} in table version ${tableVersion}`;
}

function distribution(byInstance: ReadonlyMap<string, number>): string {
  return [...byInstance]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([instance, calls]) => `${instance} ${calls}`)
    .join(', ');
}

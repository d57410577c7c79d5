// Many ambassadors on one Consul server: what it takes to serve them, and how soon a change of a service that all of
// them use is known to the last.

import { pause } from '../../../src/demo/wait.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { ScaleWorld } from '../../support/scale-world.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ChangeTimes } from './change-times.ts';
import { consulFigures } from './consul-figures.ts';
import type { Scope } from './one-ambassador.ts';
import { Players } from './players.ts';
import { CHANGE_KEY, machineMs } from './players-message.ts';
import type { ScaleFigure, ScaleRow } from './row.ts';
import { counted } from './row.ts';

const SERVICES = 500;
const ENDPOINTS = 10;
/** Each ambassador follows so many services, and one of them is the same for all. */
const FOLLOWED = 5;
const COMMON = 'service-0';
const CHURN_PER_SECOND = 20;
/** From one change of the common service to the next; below the pace at which an ambassador takes them. */
const CHANGE_EVERY_MS = 1_000;
const LAST_CHANGE_WITHIN_MS = 30_000;
/** A moment for what a start has left behind. */
const SETTLE_MS = 3_000;
/** Nobody calls the instances here. */
const UNUSED_PORT = 9;

export interface ManyOptions {
  readonly ambassadors: number;
  /** Whether they watch the names of all services too, as an ambassador does. */
  readonly watchesNames: boolean;
  readonly seconds: number;
}

export async function measureMany(
  scope: Scope,
  { ambassadors, watchesNames, seconds }: ManyOptions,
): Promise<readonly ScaleRow[]> {
  const consul = await startConsulAgent(scope, {
    config: { enable_debug: true, limits: { http_max_conns_per_client: 10 * ambassadors * (FOLLOWED + 1) } },
  });
  const world = new ScaleWorld(consul, {
    services: SERVICES,
    endpointsPerService: ENDPOINTS,
    port: UNUSED_PORT,
    checked: true,
  });
  await world.register();
  const names = watchesNames ? '' : ', that do not watch the names';
  const part = `${counted(ambassadors)} ambassadors on one Consul server, ${FOLLOWED} of ${SERVICES} services each${names}`;
  await pause(SETTLE_MS);
  const unused = await measure(consul, undefined, () => pause(SETTLE_MS));
  const rows: ScaleRow[] = [{ part, what: 'no ambassador yet', figures: unused }];
  const follow = followed(ambassadors);
  const players = await Players.start({ address: consul.address, follow, watchesNames });
  scope.after(() => players.stop());

  const phase = async (what: string, work: (times: ChangeTimes) => Promise<unknown>): Promise<void> => {
    const times = new ChangeTimes();
    const figures = await measure(consul, players, () => work(times));
    await untilKnown(players, times, ambassadors);
    rows.push({ part, what, figures: [...figures, ...times.figures(ambassadors)] });
  };
  let changes = 0;
  const changing = (times: ChangeTimes) => repeatedly(seconds, () => changeCommon(consul, times, changes++));
  await pause(SETTLE_MS);
  await phase('at rest', () => pause(seconds * 1_000));
  await phase('a change each second of the service that all use', changing);
  await phase(`the same, and ${CHURN_PER_SECOND} registrations/s anywhere`, (times) =>
    Promise.all([
      changing(times),
      world.churn(world.names, { perSecond: CHURN_PER_SECOND, seconds, random: seededRandom(9) }),
    ]),
  );
  return rows;
}

/** Which services each ambassador follows: the common one, and others in turn. */
export function followed(ambassadors: number): readonly (readonly string[])[] {
  const own = FOLLOWED - 1;
  return Array.from({ length: ambassadors }, (_, ambassador) => [
    COMMON,
    ...Array.from({ length: own }, (_, i) => `service-${1 + ((ambassador * own + i) % (SERVICES - 1))}`),
  ]);
}

async function measure(
  consul: ConsulAgent,
  players: Players | undefined,
  work: () => Promise<unknown>,
): Promise<readonly ScaleFigure[]> {
  const take = async () => ({
    at: machineMs(),
    consul: await consulFigures(consul),
    playersCpu: players?.cpuMicroseconds ?? 0,
    players: await players?.figures(),
  });
  const before = await take();
  await work();
  const after = await take();
  const rate = (read: (taken: typeof before) => number | undefined): number =>
    ((read(after) ?? 0) - (read(before) ?? 0)) / ((after.at - before.at) / 1_000);
  return [
    { name: 'Consul CPU, %', value: rate((taken) => taken.consul.cpuMicroseconds) / 1e4 },
    { name: 'Consul RSS, MiB', value: after.consul.rssMiB },
    { name: 'goroutines', value: after.consul.goroutines },
    { name: 'ambassadors CPU, %', value: rate((taken) => taken.playersCpu) / 1e4 },
    { name: 'health queries/s', value: rate((taken) => taken.players?.healthQueries) },
    { name: 'other queries/s', value: rate((taken) => taken.players?.otherQueries) },
    { name: 'failed', value: (after.players?.failedQueries ?? 0) - (before.players?.failedQueries ?? 0) },
    { name: 'from and to Consul, KiB/s', value: rate((taken) => taken.players?.bytes) / 1_024 },
  ];
}

/** An ambassador that has not heard of a change by then is counted, and waited for no longer. */
async function untilKnown(players: Players, times: ChangeTimes, ambassadors: number): Promise<void> {
  await eventually(async () => {
    await players.figures();
    for (const [change, at] of players.takeArrivals()) times.arrived(change, at);
    if (times.missing(ambassadors) > 0) throw new Error('not known to all');
  }, LAST_CHANGE_WITHIN_MS).catch(() => undefined);
}

/** Each change is one of another instance, so that none is overwritten before the slowest has read it. */
async function changeCommon(consul: ConsulAgent, times: ChangeTimes, number: number): Promise<void> {
  const instance = number % ENDPOINTS;
  const change = String(number);
  const Service = {
    ID: `${COMMON}-${instance}`,
    Service: COMMON,
    Address: '127.0.0.1',
    Port: UNUSED_PORT,
    Meta: { [CHANGE_KEY]: change },
  };
  times.sent(change, machineMs());
  await consul.request('PUT', '/v1/txn', [{ Service: { Verb: 'set', Node: `host-${instance}`, Service } }]);
}

async function repeatedly(seconds: number, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  for (let turn = 0; turn < (seconds * 1_000) / CHANGE_EVERY_MS; turn++) {
    await pause(Math.max(0, startedAt + turn * CHANGE_EVERY_MS - performance.now()));
    await work();
  }
}

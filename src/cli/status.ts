// `ambassador status`: a running ambassador on one page, and its readiness as the exit code.

import { parseArgs } from 'node:util';
import type { RefusedConfiguration } from '../admin/configuration-view.ts';
import type { Overview, ServiceOverview } from '../admin/overview-view.ts';
import type { StandingAction } from '../admin/standing-actions.ts';
import { AdminError } from './admin-address.ts';
import { ADMIN_USAGE, adminClient, ADMIN_OPTIONS as OPTIONS } from './admin-options.ts';
import { circuitNote } from './circuit-note.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { besideConsulOutage } from './consul-outage.ts';
import { kvText } from './kv-text.ts';
import { isWhollyPlanned, plannedNote } from './planned.ts';
import { refusedSources } from './refused-sources.ts';

export const status: Command = {
  usage: `ambassador status [--admin ADDRESS] [--json]
${ADMIN_USAGE}

Exit code 0 when it is ready; 1 when it is not, or no ambassador answers.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const overview = overviewIn(await adminClient(values.admin, io.env).get('/api/overview'));
    if (values.json) io.print(JSON.stringify(overview, null, 2));
    else for (const [name, text] of statusLines(overview)) io.print(`${name.padEnd(WIDTH)}${text}`);
    return overview.readiness.status === 'ready' ? EXIT.done : EXIT.failed;
  },
};

/** Of the column of names. */
const WIDTH = 15;

function overviewIn(response: unknown): Overview {
  if (typeof response === 'object' && response !== null && 'readiness' in response)
    return response as Overview;
  throw new AdminError('the admin API did not answer with an overview');
}

type Line = readonly [name: string, text: string];

/** Pure: what is shown of an overview, a line each. */
export function statusLines(overview: Overview): readonly Line[] {
  const { readiness, consul, configuration, listening, services, known, requests } = overview;
  const waiting = readiness.waitingFor.length === 0 ? '' : `: ${readiness.waitingFor.join(' ')}`;
  const calls = listening.map(({ address, service }) =>
    service === null ? address : `${address} (${service})`,
  );
  const detail = consul.detail === null ? '' : `: ${consul.detail.replace(/^Consul: /, '')}`;
  const since = consul.since === null ? '' : ` since ${consul.since}`;
  return [
    [
      'version',
      `${overview.version}, started ${overview.startedAt}, ${megabytes(overview.rssBytes)} of memory`,
    ],
    ['state', `${readiness.status}${waiting}`],
    ['listening', calls.length === 0 ? 'nowhere' : calls.join(', ')],
    ['consul', `${consul.state} at ${consul.address}${since}${detail}`],
    ...(overview.registration === null
      ? []
      : [['registration', registrationText(overview.registration)] as const]),
    ['configuration', configurationText(configuration)],
    ...(configuration.kv === null ? [] : [['', kvText(configuration.kv)] as const]),
    ...faultLines(overview.faults),
    ...snapshotLines(overview),
    [
      'requests',
      `${requests.perSecond.toFixed(1)} a second, ${percent(requests.errorRatio)} errors, over the last 10 s`,
    ],
    ...overview.standing.map(
      (action, index): Line => [index === 0 ? 'by operators' : '', standingText(action)],
    ),
    ['services', `${services.length} in use of ${known.length} known`],
    ...besideConsulOutage(overview).flatMap((service) =>
      troubleOf(service).map((text): Line => ['', `${service.name}: ${text}`]),
    ),
  ];
}

function faultLines({ count, last }: Overview['faults']): readonly Line[] {
  if (last === null) return [];
  const many = count === 1 ? '1 unexpected fault' : `${count} unexpected faults`;
  return [
    [
      'faults',
      `${many} of the ambassador itself, the last ${last.at} (${last.message}); its log has the stack`,
    ],
  ];
}

function snapshotLines({ snapshotFault }: Overview): readonly Line[] {
  if (snapshotFault === null) return [];
  const { since, message } = snapshotFault;
  return [
    [
      'snapshot',
      `cannot be written since ${since}: ${message}; a restart without Consul would lack endpoints`,
    ],
  ];
}

function registrationText({
  id,
  state,
  since,
  failure,
  portFault,
}: NonNullable<Overview['registration']>): string {
  const faults = [failure, portFault === null ? null : `its port does not answer: ${portFault}`];
  return [`${id} ${state.replaceAll('_', ' ')} since ${since}`, ...faults]
    .filter((text) => text !== null)
    .join('; ');
}

/** Such as `anna drained payments-1 of payments since 2026-11-27T12:00:00.000Z, until further notice: deploying v2`. */
export function standingText({
  service,
  endpoint,
  operation,
  value,
  who,
  why,
  since,
  until,
}: StandingAction): string {
  if (operation === 'use') {
    const ends = `since ${since}, until ${until ?? 'further notice'}`;
    return `${who ?? 'an operator'} sends ${service} to ${value} ${ends}${why === null ? '' : `: ${why}`}`;
  }
  const what = `${DONE[operation]}${value === null ? '' : ` ${value}`}`;
  const target = [endpoint, service].filter((name) => name !== null).join(' of ');
  const by = `${who ?? 'an operator'} ${what}${target === '' ? '' : ` ${target}`}`;
  return `${by} since ${since}, until ${until ?? 'further notice'}${why === null ? '' : `: ${why}`}`;
}

const DONE: Readonly<Record<Exclude<StandingAction['operation'], 'use'>, string>> = {
  eject: 'ejected',
  drain: 'drained',
  isolate: 'isolated',
  'log-level': 'set the log level to',
};

function configurationText({
  file,
  loadedAt,
  refused,
  waitingForRestart,
}: Overview['configuration']): string {
  const source = file === null ? 'none: defaults and environment' : `${file}, read ${loadedAt}`;
  const problem = refused === null ? '' : `; ${refusedText(refused)} refused ${refused.at}`;
  const waiting =
    waitingForRestart.length === 0 ? '' : `; ${waitingForRestart.join(', ')} will count after a restart`;
  return `${source}${problem}${waiting}`;
}

function refusedText(refused: RefusedConfiguration): string {
  const { file, keys } = refusedSources(refused);
  const sources = [...(file ? ['the file'] : []), ...keys];
  return `${sources.join(' and ')} as ${sources.length === 1 ? 'it is now was' : 'they are now were'}`;
}

/** What an operator would look at first; nothing for a service that is well. */
function troubleOf(service: ServiceOverview): readonly string[] {
  const { endpointCounts, circuit, panic, ejections, rates, failureCause, failovers, table, override } =
    service;
  const { total, available } = endpointCounts;
  // A service of which only an override knows has none.
  const isWhole = available === total && (total > 0 || override?.header === null);
  return [
    ...(isWhole ? [] : [`${available} of ${total} endpoints available`]),
    ...(ejections === 0 ? [] : [`${ejections} ejected or on trial`]),
    ...(circuit === null ? [] : circuitNote(circuit)),
    ...plannedNote(service),
    ...(rates.errorRatio === 0 || circuit?.state === 'isolated' || isWhollyPlanned(service)
      ? []
      : [`${percent(rates.errorRatio)} of calls fail${failureCause === null ? '' : ` (${failureCause})`}`]),
    ...(panic === 'none' ? [] : [`panic: ${panic.replaceAll('_', ' ')}`]),
    ...failovers.map(({ from, to }) => `requests for ${from} go to ${to}`),
    ...(table.failure === null ? [] : [table.failure.detail]),
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

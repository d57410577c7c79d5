// The first line of the page: is everything all right, and if not, what is wrong.

import { circuitCauses } from './circuit-causes.ts';
import { ejectionAges } from './ejection-age.ts';
import { duration } from './format.ts';
import { registrationFault } from './registration.ts';
import type { Known, Level, ServiceStatus } from './service-status.ts';
import { rankOf, serviceStatus, worse } from './service-status.ts';
import type { ConfigurationProblem, Overview, TimelineEntry } from './wire.ts';

export interface Problem {
  readonly level: 'error' | 'warning' | 'info';
  /** Null when it is the ambassador's own. */
  readonly service: string | null;
  /** What it is about when it is no service. */
  readonly about?:
    | 'Consul'
    | 'the configuration'
    | 'the snapshot'
    | 'the registration'
    | 'the ambassador itself';
  /** A sentence; after the name and a colon when there is a service. */
  readonly text: string;
}

export interface Verdict {
  readonly level: Level;
  readonly headline: string;
  /** The worst first. When there is just one, the headline says it. */
  readonly problems: readonly Problem[];
}

/** @param timeline newest first */
export function verdict(overview: Overview, timeline: readonly TimelineEntry[]): Verdict {
  const known = knownOf(overview, timeline);
  const statuses = overview.services.map((service) => ({
    service,
    status: serviceStatus(service, known(service.name)),
  }));
  const problems = [
    ...ownProblems(overview),
    ...statuses.flatMap(({ service, status }) => serviceProblem(service.name, status)),
  ].sort((a, b) => rankOf(b.level) - rankOf(a.level));
  const [first, ...others] = problems;
  if (first === undefined) return { ...quiet(overview), problems };
  const level = problems.reduce<Level>((worst, problem) => worse(worst, problem.level), 'ok');
  // What was planned needs no attention, and is listed all the same.
  const urgent = problems.filter((problem) => problem.level !== 'info');
  const planned = urgent.length === 0 ? quiet(overview).headline : undefined;
  const headline =
    others.length === 0 ? textOf(first) : (planned ?? summary(urgent, overview.services.length));
  return { level, headline, problems };
}

/** What the timeline and operators say of each service. @param timeline newest first */
export function knownOf(
  { at, standing, consul }: Overview,
  timeline: readonly TimelineEntry[],
): (service: string) => Known {
  const ages = ejectionAges(timeline, at);
  const causes = circuitCauses(timeline);
  return (name) => ({
    ejectedForMs: ages.get(name),
    circuitCause: causes.get(name),
    consulFails: consul.state === 'failing',
    standing: standing.filter(({ service }) => service === name),
  });
}

export function textOf({ service, text }: Problem): string {
  return service === null ? text : `${service}: ${text}`;
}

/** So many services are listed; the others are marked in the table all the same. */
const MAX_SERVICES = 5;

/** Those of the first services, and all that is wrong with the ambassador itself, which stands nowhere else. */
export function listed(problems: readonly Problem[]): {
  readonly shown: readonly Problem[];
  /** Services that are left out. */
  readonly more: number;
} {
  const services = problems.filter(({ service }) => service !== null);
  const left = new Set(services.slice(MAX_SERVICES));
  return { shown: problems.filter((problem) => !left.has(problem)), more: left.size };
}

function quiet({ services, known, readiness }: Overview): Pick<Verdict, 'level' | 'headline'> {
  if (readiness.status === 'starting') return { level: 'info', headline: 'It is starting.' };
  if (services.length === 0) {
    const many = known.length === 1 ? '1 service' : `${known.length} services`;
    return known.length === 0
      ? { level: 'info', headline: 'It is ready, and knows no service yet.' }
      : { level: 'ok', headline: `It is ready: ${many} can be called, none has been yet.` };
  }
  const waiting = services.filter(({ table }) => table.version === 0).length;
  if (waiting > 0)
    return {
      level: 'info',
      headline: `It waits for the endpoints of ${waiting} of ${services.length} services.`,
    };
  const [only] = services;
  if (services.length === 1 && only !== undefined) {
    const word = only.rates.perSecond === 0 ? 'is idle' : 'answers';
    return { level: 'ok', headline: `${only.name} ${word}.` };
  }
  const idle = services.filter(({ rates }) => rates.perSecond === 0).length;
  if (idle === 0) return { level: 'ok', headline: `All ${services.length} services answer.` };
  if (idle === services.length) return { level: 'ok', headline: `All ${services.length} services are idle.` };
  const answering = services.length - idle;
  return {
    level: 'ok',
    headline: `${answering} of ${services.length} services ${answering === 1 ? 'answers' : 'answer'}, ${idle} ${idle === 1 ? 'is' : 'are'} idle.`,
  };
}

function summary(problems: readonly Problem[], services: number): string {
  const troubled = new Set(problems.flatMap(({ service }) => (service === null ? [] : [service]))).size;
  const own = [...new Set(problems.flatMap(({ about }) => about ?? []))];
  const parts = [...(troubled === 0 ? [] : [`${troubled} of ${services} services`]), ...own];
  const list = parts.length < 3 ? parts : [parts.slice(0, -1).join(', '), ...parts.slice(-1)];
  const text = `${list.join(' and ')} ${troubled + own.length === 1 ? 'needs' : 'need'} attention.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function serviceProblem(name: string, { troubles }: ServiceStatus): Problem[] {
  const [first] = troubles;
  if (first === undefined) return [];
  return [{ level: first.level, service: name, text: `${troubles.map(({ phrase }) => phrase).join('; ')}.` }];
}

/** For so long a fault of our own is worth a line, in milliseconds; the metrics count it for ever. */
const FAULT_SHOWN_MS = 3_600_000;

function ownProblems(overview: Overview): Problem[] {
  const { at, consul, faults, readiness, registration, configuration, snapshotFault } = overview;
  const found: Problem[] = [];
  if (consul.state === 'failing') {
    const since = consul.since === null ? '' : ` for ${duration(Date.parse(at) - Date.parse(consul.since))}`;
    const detail = consul.detail === null ? '' : ` (${consul.detail.replace(/^Consul: /, '')})`;
    found.push({
      level: 'warning',
      service: null,
      about: 'Consul',
      text: `Consul has not answered${since}${detail}; the last known endpoints stay in force.`,
    });
  }
  if (consul.state === 'refusing') {
    const detail = consul.detail === null ? '' : ` (${consul.detail.replace(/^Consul: /, '')})`;
    found.push({
      level: 'warning',
      service: null,
      about: 'Consul',
      text: `Consul refuses what it is asked of services${detail}; the last known endpoints stay in force.`,
    });
  }
  const fault = registration === null ? undefined : registrationFault(registration);
  if (registration !== null && fault !== undefined) {
    found.push({
      level: 'warning',
      service: null,
      about: 'the registration',
      text: `${registration.service} may not be found by others: ${fault}.`,
    });
  }
  if (faults.last !== null && Date.parse(at) - Date.parse(faults.last.at) < FAULT_SHOWN_MS) {
    const many = faults.count === 1 ? 'an unexpected fault' : `${faults.count} unexpected faults`;
    const ago = duration(Math.max(0, Date.parse(at) - Date.parse(faults.last.at)));
    found.push({
      level: 'warning',
      service: null,
      about: 'the ambassador itself',
      text: `The ambassador had ${many} of its own, the last ${ago} ago (${faults.last.message}); its log has the stack. Please report it.`,
    });
  }
  if (snapshotFault !== null) {
    const since = duration(Math.max(0, Date.parse(at) - Date.parse(snapshotFault.since)));
    found.push({
      level: 'warning',
      service: null,
      about: 'the snapshot',
      text: `The snapshot has not been written for ${since} (${snapshotFault.message}); a restart without Consul would lack endpoints.`,
    });
  }
  if (readiness.status === 'draining') {
    found.push({
      level: 'warning',
      service: null,
      about: 'the ambassador itself',
      text: 'The ambassador is stopping: it takes no new calls.',
    });
  }
  if (configuration.refused !== null) {
    const { problems } = configuration.refused;
    const [first] = problems;
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
    const what = first === undefined ? '' : ` (${problemText(first)}${more})`;
    found.push({
      level: 'warning',
      service: null,
      about: 'the configuration',
      text: `The changed configuration was refused${what}; the one before stays in force.`,
    });
  }
  return found;
}

export function problemText({ line, column, key, message }: ConfigurationProblem): string {
  const place = line === null ? '' : `line ${line}${column === null ? '' : `:${column}`}, `;
  return `${place}${key === '' ? '' : `${key}: `}${message}`;
}

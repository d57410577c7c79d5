// `ambassador services` and `ambassador endpoints`: what a running ambassador knows, as tables or as JSON.

import { parseArgs } from 'node:util';
import type { EndpointView } from '../admin/endpoint-view.ts';
import { overrideTarget } from '../admin/override-view.ts';
import type { TierView } from '../admin/service-chain-view.ts';
import type { ServiceSummary, ServiceView } from '../admin/service-view.ts';
import { addressText } from './address-text.ts';
import { AdminError } from './admin-address.ts';
import { ADMIN_USAGE, adminClient, ADMIN_OPTIONS as OPTIONS } from './admin-options.ts';
import { circuitNote } from './circuit-note.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { textTable } from './text-table.ts';

export const services: Command = {
  usage: `ambassador services [--admin ADDRESS] [--json]\n${ADMIN_USAGE}`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const answer = await adminClient(values.admin, io.env).get('/api/services');
    if (values.json) {
      io.print(JSON.stringify(answer, null, 2));
      return EXIT.done;
    }
    const { services: listed, known = [] } = answer as Partial<ServicesAnswer>;
    if (!Array.isArray(listed)) throw new AdminError('the admin API answered something else than services');
    io.print(
      textTable(
        ['SERVICE', 'ENDPOINTS', 'AVAILABLE', 'ACTIVE', 'TABLE', 'AGE', 'NOTE'],
        [...listed.map(serviceRow), ...notCalledYet(listed, known).map(uncalledRow)],
      ),
    );
    return EXIT.done;
  },
};

export const endpoints: Command = {
  usage: `ambassador endpoints SERVICE [--admin ADDRESS] [--json]
${ADMIN_USAGE}

LATENCY is the median time to the head of the endpoint's last 15 responses within a minute; failures do not count.`,
  options: OPTIONS,
  positionals: ['service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0)
      throw new UsageError('endpoints expects the name of one service');
    const answer = await adminClient(values.admin, io.env).get(`/api/services/${encodeURIComponent(name)}`);
    if (values.json) {
      io.print(JSON.stringify(answer, null, 2));
      return EXIT.done;
    }
    const { endpoints: listed } = answer as Partial<ServiceView>;
    if (!Array.isArray(listed)) throw new AdminError('the admin API answered something else than a service');
    const { chain, override } = answer as Partial<ServiceView>;
    if (override)
      io.print(`Requests go to ${overrideTarget(override)} instead: ambassador use ${name} --off\n`);
    const head = ['ENDPOINT', 'ADDRESS', 'STATE', 'IN FLIGHT', 'LATENCY', 'WHY'];
    if (chain === null || chain === undefined) io.print(textTable(head, listed.map(endpointRow)));
    else {
      io.print(chainLines(chain).join('\n'));
      io.print('');
      const rows = listed.map((endpoint) => [placeOf(endpoint), ...endpointRow(endpoint)]);
      io.print(textTable(['TIER', ...head], rows));
    }
    return EXIT.done;
  },
};

/** Such as `1 payments/v1`; `-` where no requests go. */
function placeOf({ tier, target }: EndpointView): string {
  return tier === null ? '-' : `${tier + 1} ${target ?? ''}`.trim();
}

/** Where requests go, a route a line. */
function chainLines({ from, routes, notDone }: NonNullable<ServiceView['chain']>): string[] {
  const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
  const lines = routes.map(({ match, splits }) => {
    const ways = splits.map(({ share, tiers }) => {
      const names = tiers.map(tierText);
      return `${splits.length === 1 ? '' : `${percent(share)} `}${names.join(', else ')}`;
    });
    return `  ${match ?? (routes.length === 1 ? 'all requests' : 'all others')}: ${ways.join('; ')}`;
  });
  const who = from === 'consul' ? "Consul's entries" : 'the configuration';
  return [`Where requests go, by ${who}:`, ...lines, ...notDone.map((sentence) => `  not done: ${sentence}`)];
}

/** Such as `payments@dc2 (2 of 2 usable)`, with what keeps it from being known better. */
function tierText({ target, usable, endpoints, ageMs, failure }: TierView): string {
  const seconds = Math.round((ageMs ?? 0) / 1_000);
  const doubt = failure === null ? '' : `, as of ${seconds} s ago: ${failure.detail}`;
  return `${target} (${usable} of ${endpoints} usable${doubt})`;
}

interface ServicesAnswer {
  readonly services: readonly ServiceSummary[];
  /** Every name that can be called. */
  readonly known: readonly string[];
}

function notCalledYet(open: readonly ServiceSummary[], known: readonly string[]): readonly string[] {
  const names = new Set(open.map(({ name }) => name));
  return known.filter((name) => !names.has(name));
}

function uncalledRow(name: string): readonly string[] {
  return [name, '-', '-', '0', '-', '-', 'not called yet'];
}

function serviceRow({
  name,
  endpointCounts,
  activeRequests,
  protocol,
  table,
  panic,
  override,
  circuit,
}: ServiceSummary): readonly string[] {
  const notes = [
    ...(override === null ? [] : [`goes to ${overrideTarget(override)}`]),
    ...(protocol === 'tcp' ? ['over TCP'] : []),
    ...(circuit === null ? [] : circuitNote(circuit)),
    ...(panic === 'none' ? [] : [`panic: ${panic.replaceAll('_', ' ')}`]),
    ...(table.failure === null ? [] : [table.failure.detail]),
  ];
  return [
    name,
    String(endpointCounts.total),
    String(endpointCounts.available),
    String(activeRequests),
    table.provenance === null ? '-' : `v${table.version} ${table.provenance}`,
    table.ageMs === null ? '-' : `${(table.ageMs / 1000).toFixed(1)} s`,
    notes.join('; '),
  ];
}

function endpointRow(endpoint: EndpointView): readonly string[] {
  const { id, state, inFlight, latencyMs, reason } = endpoint;
  return [
    id,
    addressText(endpoint),
    state,
    String(inFlight),
    latencyMs === null ? '-' : `${latencyMs.toFixed(1)} ms`,
    reason,
  ];
}

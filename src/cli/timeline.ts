// `ambassador timeline`: what happened in the last quarter of an hour, of one service or of all.

import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { nearest } from '../core/nearest.ts';
import type { TimelineEntry } from '../observe/timeline/timeline-entry.ts';
import { TIMELINE_KINDS } from '../observe/timeline/timeline-entry.ts';
import { AdminError } from './admin-address.ts';
import type { AdminClient } from './admin-client.ts';
import { ADMIN_OPTIONS, adminClient } from './admin-options.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';

const OPTIONS = {
  ...ADMIN_OPTIONS,
  kind: { type: 'string', multiple: true },
  limit: { type: 'string' },
  follow: { type: 'boolean', short: 'f', default: false },
} as const;

/** How often a running ambassador is asked for what is new, in milliseconds. */
const FOLLOW_EVERY_MS = 500;

export const timeline: Command = {
  usage: `ambassador timeline [SERVICE] [--kind KIND]... [--limit N] [--follow] [--admin ADDRESS] [--json]

  SERVICE           only what concerns this one
  --kind KIND       only these: table, chain, ejection, circuit, panic, discovery, operator, config, request, advice
  --limit N         the newest so many (default 200)
  -f, --follow      then what happens from now on, until it is interrupted
  --admin ADDRESS   where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                    127.0.0.1:15001)
  --json            the admin API's own response; with --follow, a line for each entry`,
  options: OPTIONS,
  positionals: ['service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [service, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('timeline expects the name of one service, or none');
    for (const kind of values.kind ?? []) checkKind(kind);
    if (values.limit !== undefined && !/^\d{1,15}$/.test(values.limit)) {
      throw new UsageError(`--limit expects a whole number, not ${values.limit}`);
    }
    const client = adminClient(values.admin, io.env);
    const ask = async (query: Readonly<Record<string, string>>): Promise<readonly TimelineEntry[]> => {
      const parameters = new URLSearchParams(query);
      if (service !== undefined) parameters.set('service', service);
      for (const kind of values.kind ?? []) parameters.append('kind', kind);
      return entriesOf(await client.get(`/api/timeline?${parameters}`));
    };
    const entries = await ask(values.limit === undefined ? {} : { limit: values.limit });
    if (values.json && !values.follow) {
      io.print(JSON.stringify({ entries }, null, 2));
      return EXIT.done;
    }
    if (entries.length === 0) await tellWhyEmpty(client, service, io);
    const show = values.json ? (entry: TimelineEntry) => JSON.stringify(entry) : entryLine;
    for (const entry of entries) io.print(show(entry));
    let sinceId = entries.at(-1)?.id ?? 0;
    while (values.follow) {
      await pause(FOLLOW_EVERY_MS);
      for (const entry of await ask({ sinceId: String(sinceId) })) {
        io.print(show(entry));
        sinceId = entry.id;
      }
    }
    return EXIT.done;
  },
};

/** @throws UsageError */
function checkKind(kind: string): void {
  if (TIMELINE_KINDS.some((known) => known === kind)) return;
  const meant = nearest(kind, TIMELINE_KINDS);
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new UsageError(`--kind expects one of ${TIMELINE_KINDS.join(', ')}, not ${kind}${guess}`);
}

/**
 * An empty answer leaves open whether all was quiet or the name is a slip.
 * @throws AdminError when there is no such service
 */
async function tellWhyEmpty(client: AdminClient, service: string | undefined, io: CommandIo): Promise<void> {
  if (service !== undefined) {
    const { services = [], known = [] } = ((await client.get('/api/services')) ??
      {}) as Partial<ServicesView>;
    const names = [...services.map(({ name }) => name), ...known];
    if (!names.includes(service)) throw new AdminError(strangerText(service, names));
  }
  const whose = service === undefined ? '' : ` to ${service}`;
  io.complain(`ambassador: nothing of this kind has happened${whose} in the last quarter of an hour`);
}

interface ServicesView {
  readonly services: readonly { readonly name: string }[];
  readonly known: readonly string[];
}

function strangerText(service: string, names: readonly string[]): string {
  const meant = nearest(service, names);
  return `There is no service ${service}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
}

/** @throws AdminError */
function entriesOf(answer: unknown): readonly TimelineEntry[] {
  const { entries } = Object(answer);
  if (Array.isArray(entries)) return entries;
  throw new AdminError('the admin API answered something else than a timeline');
}

const MARKS = { info: ' ', warning: '!', error: '✗' } as const satisfies Record<
  TimelineEntry['severity'],
  string
>;

/** Such as `2026-01-01T00:00:00.000Z ! ejection   10.0.0.7:8080 of payments is ejected for 30 s: …`. */
function entryLine({ at, kind, severity, summary }: TimelineEntry): string {
  return `${at} ${MARKS[severity]} ${kind.padEnd(9)}  ${summary}`;
}

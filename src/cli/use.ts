// `ambassador use`: requests of a service sent to an instance of one's own, for a while.

import { parseArgs } from 'node:util';
import type { OverrideView } from '../admin/override-view.ts';
import { overrideTarget } from '../admin/override-view.ts';
import type { ServiceSummary, ServiceView } from '../admin/service-view.ts';
import { AdminError } from './admin-address.ts';
import { adminClient, OPERATOR_OPTIONS, OPERATOR_USAGE } from './admin-options.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { readDuration } from './duration.ts';
import type { OperatorValues } from './operate.ts';
import { callAs } from './operate.ts';
import { textTable } from './text-table.ts';

const OPTIONS = {
  ...OPERATOR_OPTIONS,
  for: { type: 'string' },
  header: { type: 'string', short: 'H' },
  off: { type: 'boolean', default: false },
} as const;

interface Values extends OperatorValues {
  readonly json: boolean;
  readonly for?: string | undefined;
  readonly header?: string | undefined;
  readonly off: boolean;
}

export const use: Command = {
  usage: `ambassador use [SERVICE=ADDRESS | SERVICE --off] [--for DURATION] [--header NAME:VALUE] [OPTIONS]

Sends the requests of a service to ADDRESS, HOST:PORT or unix:/PATH, in place of its own endpoints, until --off, for a time,
or until the ambassador stops. Without a service it lists what is sent elsewhere.

  --for DURATION      after which it ends by itself, such as 1h
  -H, --header NAME:VALUE
                      only requests with this header, such as x-dev:me; NAME alone takes any value. Bytes in CONNECT
                      tunnels have none, and still go to the service's own endpoints; a service over TCP takes no --header
  --off               lets requests go to the service's own endpoints again
${OPERATOR_USAGE}`,
  options: OPTIONS,
  positionals: ['service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [written, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('use expects one SERVICE=ADDRESS');
    if (written === undefined) return list(values, io);
    return values.off ? end(written, values, io) : begin(written, values, io);
  },
};

async function begin(written: string, values: Values, io: CommandIo): Promise<number> {
  // The names of services may hold the character as well.
  const [, service, address] = /^(.+?)=(unix:.+|[^=]+)$/.exec(written) ?? [];
  if (service === undefined || address === undefined) {
    throw new UsageError(
      `use expects SERVICE=ADDRESS, such as payments=localhost:4000, or SERVICE --off, not ${written}`,
    );
  }
  const forMs = values.for === undefined ? undefined : readDuration('--for', values.for);
  const answer = await callAs(
    values,
    io,
    pathOf(service),
    {
      address,
      ...(values.header !== undefined && { header: readHeader(values.header) }),
      ...(forMs !== undefined && { forSeconds: forMs / 1_000 }),
    },
    'PUT',
  );
  const { override } = answer as Partial<ServiceView>;
  if (!override) throw new AdminError('the admin API answered something else than a service');
  io.print(
    values.json
      ? JSON.stringify(answer, null, 2)
      : `${requestsOf(service, override)} go to ${override.address} until ${override.until ?? 'further notice'}.${
          override.header === null ? '' : ' Bytes in CONNECT tunnels, of which no header is read, do not.'
        }`,
  );
  return EXIT.done;
}

async function end(service: string, values: Values, io: CommandIo): Promise<number> {
  if (values.for !== undefined || values.header !== undefined) {
    throw new UsageError('--off ends an override, and takes neither --for nor --header');
  }
  const answer = await callAs(values, io, pathOf(service), {}, 'DELETE');
  io.print(
    values.json ? JSON.stringify(answer, null, 2) : `Requests of ${service} go to its own endpoints again.`,
  );
  return EXIT.done;
}

async function list(values: Values, io: CommandIo): Promise<number> {
  if (values.off || values.for !== undefined || values.header !== undefined) {
    throw new UsageError('use expects SERVICE=ADDRESS, or SERVICE --off');
  }
  const answer = await adminClient(values.admin, io.env).get('/api/services');
  const { services = [] } = answer as { readonly services?: readonly ServiceSummary[] };
  const overridden = services.flatMap(({ name, override }) =>
    override === null ? [] : [{ name, override }],
  );
  if (values.json) {
    io.print(
      JSON.stringify(Object.fromEntries(overridden.map(({ name, override }) => [name, override])), null, 2),
    );
  } else if (overridden.length === 0) {
    io.print('Every service has its own endpoints.');
  } else {
    io.print(
      textTable(
        ['SERVICE', 'GOES TO', 'SINCE', 'UNTIL', 'BY', 'WHY'],
        overridden.map(({ name, override }) => [
          name,
          overrideTarget(override),
          override.since,
          override.until ?? 'further notice',
          override.who ?? '-',
          override.why ?? '-',
        ]),
      ),
    );
  }
  return EXIT.done;
}

function pathOf(service: string): string {
  return `/api/services/${encodeURIComponent(service)}/override`;
}

function requestsOf(service: string, { header }: OverrideView): string {
  return header === null ? `Requests of ${service}` : `Requests of ${service} with ${header}`;
}

/** `NAME:VALUE`, or `NAME`. @throws UsageError */
function readHeader(written: string): { readonly name: string; readonly value?: string } {
  const colon = written.indexOf(':');
  if (colon === -1) return { name: written.trim() };
  const name = written.slice(0, colon).trim();
  if (name === '') throw new UsageError(`--header expects NAME:VALUE, such as x-dev:me, not ${written}`);
  return { name, value: written.slice(colon + 1).trim() };
}

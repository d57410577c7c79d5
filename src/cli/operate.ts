// `ambassador eject`, `uneject`, `drain`, `undrain` and `circuit`: acts on a running ambassador, and says who did and why.

import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { EndpointView } from '../admin/endpoint-view.ts';
import type { LogLevelView } from '../admin/log-level-routes.ts';
import type { ServiceView } from '../admin/service-view.ts';
import { AdminError } from './admin-address.ts';
import { adminClient, OPERATOR_OPTIONS, OPERATOR_USAGE, readToken } from './admin-options.ts';
import type { Command, CommandIo, OptionsConfig } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { readDuration } from './duration.ts';
import { findEndpoint } from './find-endpoint.ts';

const ENDPOINT_USAGE = `
  ENDPOINT            its id, its HOST:PORT, or a part of either that only one of them has`;

const EJECT_OPTIONS = { ...OPERATOR_OPTIONS, for: { type: 'string' } } as const;

export const eject = endpointCommand('eject', {
  does: 'Takes the endpoint out until `uneject`, or for a time; its open requests finish.',
  options: EJECT_OPTIONS,
  usage: '\n  --for DURATION      until it may show its recovery, such as 30s',
});
export const uneject = endpointCommand('uneject', { does: 'Lets the ejected endpoint back at once.' });
export const drain = endpointCommand('drain', {
  does: 'Sends the endpoint no new requests until `undrain`; its open ones finish.',
});
export const undrain = endpointCommand('undrain', { does: 'Sends the drained endpoint requests again.' });

const CIRCUIT_OPERATIONS = ['isolate', 'close'] as const;

export const circuit: Command = {
  usage: `ambassador circuit isolate|close SERVICE [--why TEXT] [OPTIONS]

isolate refuses every call to the service until close; close also ends a break.
${OPERATOR_USAGE}`,
  options: OPERATOR_OPTIONS,
  positionals: [CIRCUIT_OPERATIONS, 'service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPERATOR_OPTIONS,
      allowPositionals: true,
    });
    const [operation, service, ...rest] = positionals;
    const known = CIRCUIT_OPERATIONS.find((name) => name === operation);
    if (known === undefined || service === undefined || rest.length > 0) {
      throw new UsageError('circuit expects isolate or close, and the name of a service');
    }
    const path = `/api/services/${encodeURIComponent(service)}/circuit/${known}`;
    const answer = await callAs(values, io, path, {});
    const { circuit: now } = answer as Partial<ServiceView>;
    io.print(values.json ? JSON.stringify(answer, null, 2) : `The circuit of ${service} is ${now?.state}.`);
    return EXIT.done;
  },
};

const LEVEL_OPTIONS = { ...OPERATOR_OPTIONS, for: { type: 'string' } } as const;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export const logLevel: Command = {
  usage: `ambassador log-level [debug|info|warn|error] [--for DURATION] [--why TEXT] [OPTIONS]

Tells what is logged; with a level, changes it until a restart, or for a time.

  --for DURATION      after which the configuration counts again, such as 5m
${OPERATOR_USAGE}`,
  options: LEVEL_OPTIONS,
  positionals: [LOG_LEVELS],

  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: LEVEL_OPTIONS,
      allowPositionals: true,
    });
    const [level, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('log-level expects one level, or none');
    if (level !== undefined && !LOG_LEVELS.some((known) => known === level)) {
      throw new UsageError(`log-level expects one of ${LOG_LEVELS.join(', ')}, not ${level}`);
    }
    const forMs = values.for === undefined ? undefined : readDuration('--for', values.for);
    const answer =
      level === undefined
        ? await adminClient(values.admin, io.env).get('/api/log-level')
        : await callAs(values, io, '/api/log-level', {
            level,
            ...(forMs !== undefined && { forSeconds: forMs / 1000 }),
          });
    const { level: now, until } = answer as Partial<LogLevelView>;
    io.print(
      values.json
        ? JSON.stringify(answer, null, 2)
        : `The log level is ${now}${typeof until === 'string' ? ` until ${until}` : ''}.`,
    );
    return EXIT.done;
  },
};

interface EndpointCommand {
  readonly does: string;
  readonly options?: OptionsConfig;
  readonly usage?: string;
}

function endpointCommand(operation: string, { does, options, usage = '' }: EndpointCommand): Command {
  const timed = options !== undefined;
  return {
    usage: `ambassador ${operation} SERVICE ENDPOINT ${timed ? '[--for DURATION] ' : ''}[--why TEXT] [OPTIONS]

${does}
${ENDPOINT_USAGE}${usage}${OPERATOR_USAGE}`,
    options: options ?? OPERATOR_OPTIONS,
    positionals: ['service', 'endpoint'],

    async run(args, io) {
      const { values, positionals } = parseArgs({
        args: [...args],
        // The others refuse --for as they do any other option that they do not have.
        options: timed ? EJECT_OPTIONS : (OPERATOR_OPTIONS as typeof EJECT_OPTIONS),
        allowPositionals: true,
      });
      const [service, written, ...rest] = positionals;
      if (service === undefined || written === undefined || rest.length > 0) {
        throw new UsageError(`${operation} expects a service and one of its endpoints`);
      }
      const durationMs = values.for === undefined ? undefined : readDuration('--for', values.for);
      const path = `/api/services/${encodeURIComponent(service)}`;
      const { endpoints } = (await adminClient(values.admin, io.env).get(path)) as Partial<ServiceView>;
      if (!Array.isArray(endpoints))
        throw new AdminError('the admin API answered something else than a service');
      const { id } = findEndpoint<EndpointView>(written, service, endpoints);
      const answer = await callAs(values, io, `${path}/endpoints/${encodeURIComponent(id)}/${operation}`, {
        ...(durationMs !== undefined && { durationSeconds: durationMs / 1000 }),
      });
      const { authority, state, reason } = answer as Partial<EndpointView>;
      io.print(
        values.json
          ? JSON.stringify(answer, null, 2)
          : `${id} (${authority}) of ${service} is ${state}: ${reason}`,
      );
      return EXIT.done;
    },
  };
}

export interface OperatorValues {
  readonly admin?: string | undefined;
  readonly who?: string | undefined;
  readonly why?: string | undefined;
  readonly token?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** Calls the admin API as the operator that the options and the environment name. @throws AdminError */
export function callAs(
  values: OperatorValues,
  io: CommandIo,
  path: string,
  content: object,
  method: 'POST' | 'PUT' | 'DELETE' = 'POST',
): Promise<unknown> {
  const { who = userName(io.env), why } = values;
  return adminClient(values.admin, io.env).change(
    method,
    path,
    { ...content, ...(who !== undefined && { who }), ...(why !== undefined && { why }) },
    { token: readToken(values, io.env) },
  );
}

function userName(env: NodeJS.ProcessEnv): string | undefined {
  const named = env['USER'] ?? env['LOGNAME'];
  if (named !== undefined && named !== '') return named;
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that has no name.
    return undefined;
  }
}

// The routes of a compiled discovery chain: matches and what a route changes of its requests. Source: Consul docs,
// "Service router configuration entry"; hashicorp/consul, agent/structs/config_entry_discoverychain.go.

import type { JsonFields } from '../core/json-reading.ts';
import { finite, list, record, text, texts, unknownKeys } from '../core/json-reading.ts';
import type { GrpcRetryStatus } from '../policy/retry/grpc-status.ts';
import { GRPC_RETRY_STATUSES } from '../policy/retry/grpc-status.ts';
import type { RetryCondition } from '../policy/retry/retry-decision.ts';
import type { PathRule } from '../policy/rewriting/request-rules.ts';
import type { CallChanges, RetriedAfter } from './chain-model.ts';
import { goDurationMs } from './go-duration.ts';
import { readHeaderChanges } from './header-changes.ts';
import { linearRegex } from './linear-regex.ts';
import type { NotDone } from './not-done.ts';
import { RegexFault } from './re2.ts';
import type { NamedMatch, RequestMatch, TextMatch } from './request-match.ts';

const KIND = 'service-router';

const MATCH_KEYS = new Set([
  'PathExact',
  'PathPrefix',
  'PathRegex',
  'CaseInsensitive',
  'Header',
  'QueryParam',
  'Methods',
]);
const HEADER_KEYS = new Set([
  'Name',
  'Present',
  'Exact',
  'Prefix',
  'Suffix',
  'Contains',
  'Regex',
  'Invert',
  'IgnoreCase',
]);
const QUERY_KEYS = new Set(['Name', 'Present', 'Exact', 'Regex']);
const DESTINATION_KEYS = new Set([
  // The compiled graph says where they lead.
  'Service',
  'ServiceSubset',
  'Namespace',
  'Partition',
  'PrefixRewrite',
  'RequestTimeout',
  'IdleTimeout',
  'NumRetries',
  'RetryOnConnectFailure',
  'RetryOnStatusCodes',
  'RetryOn',
  'RequestHeaders',
  'ResponseHeaders',
]);

/** Consul's number for "no timeout", in milliseconds or below. */
const NO_TIMEOUT = 0;

/** What a client may wait for at most, in milliseconds: a Node timer holds no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** @returns undefined for every request */
export function readMatch(value: unknown, notDone: NotDone): RequestMatch | undefined {
  const http = record(record(value)['HTTP']);
  notDone.keys(
    KIND,
    unknownKeys(http, MATCH_KEYS).map((key) => `Match.HTTP.${key}`),
  );
  const path = readPath(http, notDone);
  const headers = list(http['Header']).map((entry) =>
    readNamed(record(entry), 'Header', HEADER_KEYS, notDone),
  );
  const query = list(http['QueryParam']).map((entry) =>
    readNamed(record(entry), 'QueryParam', QUERY_KEYS, notDone),
  );
  const methods = texts(http['Methods']).map((method) => method.toUpperCase());
  if (path === undefined && headers.length === 0 && query.length === 0 && methods.length === 0) {
    return undefined;
  }
  return { path, headers, query, methods: methods.length === 0 ? undefined : new Set(methods) };
}

function readPath(http: JsonFields, notDone: NotDone): RequestMatch['path'] {
  const ignoreCase = http['CaseInsensitive'] === true;
  const exact = text(http['PathExact']);
  if (exact !== undefined) return { match: { kind: 'exact', text: exact }, ignoreCase };
  const regex = text(http['PathRegex']);
  if (regex !== undefined) return { match: readRegex(regex, ignoreCase, notDone), ignoreCase };
  const prefix = text(http['PathPrefix']);
  // Every path begins with a slash.
  if (prefix === undefined || prefix === '/') return undefined;
  return { match: { kind: 'prefix', text: prefix }, ignoreCase };
}

function readNamed(
  fields: JsonFields,
  what: 'Header' | 'QueryParam',
  known: ReadonlySet<string>,
  notDone: NotDone,
): NamedMatch {
  notDone.keys(
    KIND,
    unknownKeys(fields, known).map((key) => `Match.HTTP.${what}[].${key}`),
  );
  const name = text(fields['Name']) ?? '';
  const ignoreCase = fields['IgnoreCase'] === true;
  return {
    name: what === 'Header' ? name.toLowerCase() : name,
    match: readText(fields, ignoreCase, notDone),
    ignoreCase,
    invert: fields['Invert'] === true,
  };
}

function readText(fields: JsonFields, ignoreCase: boolean, notDone: NotDone): TextMatch {
  for (const [key, kind] of [
    ['Exact', 'exact'],
    ['Prefix', 'prefix'],
    ['Suffix', 'suffix'],
    ['Contains', 'contains'],
  ] as const) {
    const wanted = text(fields[key]);
    if (wanted !== undefined) return { kind, text: wanted };
  }
  const regex = text(fields['Regex']);
  return regex === undefined ? { kind: 'present' } : readRegex(regex, ignoreCase, notDone);
}

function readRegex(source: string, ignoreCase: boolean, notDone: NotDone): TextMatch {
  try {
    return { kind: 'regex', pattern: linearRegex(source, ignoreCase), source };
  } catch (error) {
    if (!(error instanceof RegexFault)) throw error;
    notDone.add(
      `${KIND}: the regular expression ${JSON.stringify(source.slice(0, 200))} is left out, so that its route takes no requests: ${error.message}`,
    );
    return { kind: 'never' };
  }
}

export function readDestination(value: unknown, match: unknown, notDone: NotDone): CallChanges {
  const fields = record(value);
  notDone.keys(
    KIND,
    unknownKeys(fields, DESTINATION_KEYS).map((key) => `Destination.${key}`),
  );
  return {
    requestTimeoutMs: readTimeout(fields['RequestTimeout']),
    idleTimeoutMs: readTimeout(fields['IdleTimeout']),
    ...readRetries(fields, notDone),
    path: readRewrite(text(fields['PrefixRewrite']), record(record(match)['HTTP']), notDone),
    requestHeaders: readHeaderChanges(fields['RequestHeaders'], `${KIND}: RequestHeaders`, notDone),
    responseHeaders: readHeaderChanges(fields['ResponseHeaders'], `${KIND}: ResponseHeaders`, notDone),
  };
}

/** A timeout of zero is one that is not given. */
function readTimeout(value: unknown): number | undefined {
  const ms = goDurationMs(value);
  return ms === undefined || ms === NO_TIMEOUT ? undefined : Math.min(Math.max(1, ms), LONGEST_MS);
}

/** Whole segments are replaced, where Envoy replaces characters: /admin to / makes /admin/x to /x, not //x. */
function readRewrite(
  replacement: string | undefined,
  http: JsonFields,
  notDone: NotDone,
): PathRule | undefined {
  if (replacement === undefined) return undefined;
  const prefix = text(http['PathExact']) ?? text(http['PathPrefix']);
  const isPath = (path: string): boolean => /^\/[!-"$->@-~]*$/.test(path);
  if (prefix === undefined || !isPath(prefix) || !isPath(replacement) || http['CaseInsensitive'] === true) {
    notDone.add(
      `${KIND}: PrefixRewrite takes PathExact or PathPrefix, with regard to case, and a path; this one is left out`,
    );
    return undefined;
  }
  const bare = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
  return { prefix: bare(prefix), replacement: bare(replacement) };
}

const CONDITIONS: Readonly<Record<string, RetryCondition>> = {
  '5xx': '5xx',
  'gateway-error': 'gatewayError',
  reset: 'reset',
  'connect-failure': 'connectFailure',
  'retriable-4xx': 'retriable4xx',
};

const MOST_RETRIES = 10;

function readRetries(fields: JsonFields, notDone: NotDone): Pick<CallChanges, 'retryAttempts' | 'retryOn'> {
  const conditions = new Set<RetryCondition>();
  const grpc = new Set<GrpcRetryStatus>();
  if (fields['RetryOnConnectFailure'] === true) conditions.add('connectFailure');
  for (const name of texts(fields['RetryOn'])) {
    const condition = CONDITIONS[name];
    if (condition !== undefined) conditions.add(condition);
    else if (isGrpcStatus(name)) grpc.add(name);
    else notDone.add(`${KIND}: Destination.RetryOn has no ${name} here`);
  }
  const statuses = new Set(
    list(fields['RetryOnStatusCodes']).flatMap((status) => {
      const code = finite(status);
      return code !== undefined && code >= 200 && code <= 599 ? [code] : [];
    }),
  );
  const named: RetriedAfter | undefined =
    conditions.size + statuses.size + grpc.size === 0 ? undefined : { conditions, statuses, grpc };
  const wanted = finite(fields['NumRetries']) ?? 0;
  if (wanted > MOST_RETRIES) {
    notDone.add(`${KIND}: Destination.NumRetries is ${wanted}, and ${MOST_RETRIES} are made at most`);
  }
  // Envoy's default where conditions are given without a number.
  const attempts = wanted > 0 ? Math.min(wanted, MOST_RETRIES) : named === undefined ? undefined : 1;
  return { retryAttempts: attempts, retryOn: named };
}

function isGrpcStatus(name: string): name is GrpcRetryStatus {
  return Object.hasOwn(GRPC_RETRY_STATUSES, name);
}

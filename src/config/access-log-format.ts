// The format of an access log's line, as Envoy's users write it (Envoy docs, "Access logging: command operators"):
// text with operators such as %RESPONSE_CODE% and %REQ(USER-AGENT)%.

import { nearest } from '../core/nearest.ts';

/** Operators without an argument. */
export const PLAIN_OPERATORS = [
  'START_TIME',
  'PROTOCOL',
  'RESPONSE_CODE',
  'GRPC_STATUS',
  'GRPC_STATUS_NUMBER',
  'RESPONSE_CODE_DETAILS',
  'RESPONSE_FLAGS',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'RESPONSE_DURATION',
  'UPSTREAM_CLUSTER',
  'UPSTREAM_HOST',
  'UPSTREAM_HOSTS_ATTEMPTED',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
  'UPSTREAM_TRANSPORT_FAILURE_REASON',
  'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT',
  'STREAM_ID',
  'TRACE_ID',
  'ADDRESSING',
  'DETAIL',
] as const;

export type PlainOperator = (typeof PLAIN_OPERATORS)[number];

/** Operators that take the name of a header field, and another one to take when there is none of the first. */
const HEADER_OPERATORS = ['REQ', 'RESP'] as const;

export type FormatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'plain'; readonly operator: PlainOperator; readonly maxLength: number }
  | {
      readonly kind: 'header';
      readonly operator: (typeof HEADER_OPERATORS)[number];
      /** In lower case; the first that is there counts. */
      readonly names: readonly string[];
      readonly maxLength: number;
    };

export type AccessLogFormat = readonly FormatPart[];

export type ParsedFormat =
  | { readonly kind: 'format'; readonly parts: AccessLogFormat }
  | { readonly kind: 'problem'; readonly message: string };

/** What is longer is cut unless the format says otherwise, so that no caller can fill the log with one request. */
const LONGEST_VALUE = 2_048;

const KNOWN: readonly string[] = [...PLAIN_OPERATORS, ...HEADER_OPERATORS];

/** Who may read a log may not, for that, act in another's name. */
const SECRET_FIELDS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key']);

/** What Envoy calls the parts of the request line. */
const PSEUDO_FIELDS = [':method', ':path', ':authority', ':scheme'];

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** `NAME`, `NAME(ARGUMENT)`, `NAME(ARGUMENT):LENGTH`. */
const OPERATOR = /^([A-Za-z_]+)(?:\(([^()]*)\))?(?::(\d{1,5}))?$/;

export function parseAccessLogFormat(written: string): ParsedFormat {
  const line = written.replace(/\r?\n$/, '');
  if (/[\r\n]/.test(line)) return problem('expected one line');
  const parts: FormatPart[] = [];
  // Between percent signs stands every second piece; two in a row are one that is meant.
  const pieces = line.split('%');
  if (pieces.length % 2 === 0) {
    return problem('expected operators between two percent signs, and %% for a percent sign');
  }
  for (const [index, piece] of pieces.entries()) {
    const isOperator = index % 2 === 1;
    if (!isOperator || piece === '') {
      parts.push({ kind: 'text', text: isOperator ? '%' : piece });
      continue;
    }
    const part = parseOperator(piece);
    if (typeof part === 'string') return problem(part);
    parts.push(part);
  }
  return { kind: 'format', parts: parts.filter((part) => part.kind !== 'text' || part.text !== '') };
}

/** @returns a message when it is none */
function parseOperator(written: string): FormatPart | string {
  const [, name, argument, length] = OPERATOR.exec(written) ?? [];
  if (name === undefined) return `%${written}% is not an operator; write %% for a percent sign`;
  const maxLength = length === undefined ? LONGEST_VALUE : Number(length);
  const plain = PLAIN_OPERATORS.find((known) => known === name);
  if (plain !== undefined) {
    if (argument !== undefined) return `expected %${name}% without an argument`;
    return { kind: 'plain', operator: plain, maxLength };
  }
  const operator = HEADER_OPERATORS.find((known) => known === name);
  if (operator !== undefined) return parseHeader(operator, argument, maxLength);
  const meant = nearest(name, KNOWN);
  const hint = meant === undefined ? `known are ${KNOWN.join(', ')}` : `did you mean %${meant}%?`;
  return `%${name}% is not a known operator; ${hint}`;
}

function parseHeader(
  operator: 'REQ' | 'RESP',
  argument: string | undefined,
  maxLength: number,
): FormatPart | string {
  if (argument === undefined || argument === '') {
    return `expected the name of a header field, such as %${operator}(${operator === 'REQ' ? 'USER-AGENT' : 'CONTENT-TYPE'})%`;
  }
  const names = argument.split('?').map((name) => name.trim().toLowerCase());
  if (names.length > 2) return `expected at most two names in %${operator}(${argument})%`;
  for (const name of names) {
    const known = name.startsWith(':')
      ? operator === 'REQ' && PSEUDO_FIELDS.includes(name)
      : FIELD_NAME.test(name);
    if (!known)
      return `${JSON.stringify(name)} in %${operator}(${argument})% is not the name of a header field`;
    if (SECRET_FIELDS.has(name)) return `the field ${name} holds secrets, which no log gets`;
  }
  return { kind: 'header', operator, names, maxLength };
}

function problem(message: string): ParsedFormat {
  return { kind: 'problem', message };
}

// One finished request as one line in the format of the configuration.

import type { AccessLogFormat, FormatPart, PlainOperator } from '../../config/access-log-format.ts';
import { grpcStatusName } from '../../core/grpc-status.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { pathOf } from '../../http/request-path.ts';
import { TimeText } from './time-text.ts';

/** What stands for a value that there is none of. */
const NONE = '-';

/** Each operator's value, undefined when there is none; times are whole milliseconds, as in Envoy. */
const VALUES = {
  START_TIME: ({ startedAtWall }, times) => times.of(startedAtWall),
  PROTOCOL: ({ httpVersion }) => (httpVersion === '' ? undefined : `HTTP/${httpVersion}`),
  RESPONSE_CODE: ({ status }) => String(status),
  GRPC_STATUS: ({ grpcStatus }) => (grpcStatus === undefined ? undefined : grpcStatusName(grpcStatus)),
  GRPC_STATUS_NUMBER: ({ grpcStatus }) => (grpcStatus === undefined ? undefined : String(grpcStatus)),
  RESPONSE_CODE_DETAILS: ({ reason }) => reason ?? 'via_upstream',
  RESPONSE_FLAGS: ({ flags }) => listed(flags),
  BYTES_RECEIVED: ({ bytesReceived }) => String(bytesReceived ?? 0),
  BYTES_SENT: ({ bytesSent }) => String(bytesSent),
  DURATION: ({ durationMs }) => String(Math.round(durationMs)),
  RESPONSE_DURATION: ({ headMs }) => (headMs === undefined ? undefined : String(Math.round(headMs))),
  UPSTREAM_CLUSTER: ({ service }) => service,
  UPSTREAM_HOST: ({ attempts }) => attempts.at(-1)?.authority,
  UPSTREAM_HOSTS_ATTEMPTED: ({ attempts }) => listed(attempts.map(({ authority }) => authority)),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: ({ attempts }) => String(attempts.length),
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ attempts }) => attempts.at(-1)?.failureDetail,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ remoteAddress }) => remoteAddress,
  STREAM_ID: ({ requestId }) => requestId,
  TRACE_ID: ({ traceId }) => traceId,
  ADDRESSING: ({ addressing }) => addressing,
  DETAIL: ({ detail }) => detail,
} as const satisfies Record<PlainOperator, (facts: RequestFacts, times: TimeText) => string | undefined>;

export class FormattedLines {
  readonly #format: AccessLogFormat;
  readonly #times = new TimeText();

  constructor(format: AccessLogFormat) {
    this.#format = format;
  }

  /** The line, with its newline. No value can end it, or end a quoted field in it. */
  line(facts: RequestFacts): string {
    let line = '';
    for (const part of this.#format)
      line += part.kind === 'text' ? part.text : escaped(this.#value(facts, part), part.maxLength);
    return `${line}\n`;
  }

  #value(facts: RequestFacts, part: Exclude<FormatPart, { readonly kind: 'text' }>): string | undefined {
    if (part.kind === 'plain') return VALUES[part.operator](facts, this.#times);
    for (const name of part.names) {
      const value = part.operator === 'REQ' ? requestField(facts, name) : field(facts.responseHeaders, name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function requestField(facts: RequestFacts, name: string): string | undefined {
  switch (name) {
    case ':method':
      return facts.method;
    case ':path':
      return facts.target === '' ? undefined : pathOf(facts.target);
    case ':authority':
      return field(facts.requestHeaders, 'host');
    case ':scheme':
      return 'http';
    case 'x-request-id':
      return facts.requestId;
    default:
      return field(facts.requestHeaders, name);
  }
}

function field(headers: readonly string[] = [], name: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.length === name.length && headers[i]?.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}

function listed(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(',');
}

/** Quotes, backslashes, and whatever moves a terminal's cursor or ends a line in some reader's eyes. */
const UNSAFE = /["\\\p{Cc}\u2028\u2029]/u;
const EACH_UNSAFE = new RegExp(UNSAFE, 'gu');

function escaped(value: string | undefined, maxLength: number): string {
  if (value === undefined || value === '') return NONE;
  const cut = value.length > maxLength ? value.slice(0, maxLength) : value;
  if (!UNSAFE.test(cut)) return cut;
  return cut.replaceAll(EACH_UNSAFE, (unsafe) =>
    unsafe === '"' || unsafe === '\\'
      ? `\\${unsafe}`
      : `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

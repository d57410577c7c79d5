// One finished request as one line of JSON, put together from pieces: what is known to need no escape is not looked
// at, and what lines have in common is kept.

import type { ConnectionFacts } from '../../core/connection-facts.ts';
import type { AttemptFacts, RequestFacts } from '../../core/request-facts.ts';
import { pathOf } from '../../http/request-path.ts';
import { quoted, toThousandths } from './json-text.ts';
import { TimeText } from './time-text.ts';

const LONGEST_REQUEST_ID = 256;

/** Of so many services, and of so many endpoints, the constant pieces are kept. */
const MAX_KEPT = 4_096;

interface EndpointPiece {
  readonly authority: string;
  readonly text: string;
}

export class AccessLogLines {
  readonly #times = new TimeText();
  /** By service. */
  readonly #services = new Map<string, string>();
  /** By the endpoint's id. */
  readonly #endpoints = new Map<string, EndpointPiece>();

  /**
   * The line, with its newline. Times of day are ISO 8601 in UTC, durations milliseconds. The query is left out, and
   * so is the authority of a request in absolute form: both may hold secrets.
   *
   * @param share of the requests like this one that get a line, above 0 to 1
   */
  line(facts: RequestFacts, share: number): string {
    const { traceId, service, addressing, reason, detail, headMs, bytesReceived } = facts;
    const { requestId } = facts;
    const id = requestId.length > LONGEST_REQUEST_ID ? requestId.slice(0, LONGEST_REQUEST_ID) : requestId;
    let line = `{"log":"access","time":"${this.#times.of(facts.startedAtWall)}","requestId":${quoted(id)}`;
    if (traceId !== undefined) line += `,"traceId":${quoted(traceId)}`;
    line += `,"method":${quoted(facts.method)},"path":${quoted(pathOf(facts.target))}`;
    line += `,"httpVersion":${quoted(facts.httpVersion)}`;
    if (service !== '') line += this.#servicePiece(service);
    if (addressing !== undefined) line += `,"addressing":"${addressing}"`;
    line += `,"status":${facts.status}`;
    if (facts.grpcStatus !== undefined) line += `,"grpcStatus":${facts.grpcStatus}`;
    if (reason !== undefined) line += `,"reason":"${reason}"`;
    if (detail !== undefined) line += `,"detail":${quoted(detail)}`;
    line += `,"flags":${flagsText(facts.flags)},"attempts":[${this.#attempts(facts.attempts)}]`;
    line += `,"durationMs":${toThousandths(facts.durationMs)}`;
    if (headMs !== undefined) line += `,"headMs":${toThousandths(headMs)}`;
    if (bytesReceived !== undefined) line += `,"bytesReceived":${bytesReceived}`;
    line += `,"bytesSent":${facts.bytesSent}`;
    if (facts.upgraded) line += ',"upgraded":true';
    if (share < 1) line += `,"sample":${share}`;
    return `${line}}\n`;
  }

  /** The line of a connection to a service that is called over TCP: `bytesReceived` came from the client. */
  connectionLine(facts: ConnectionFacts): string {
    const { service, remoteAddress, reason, detail, connectMs } = facts;
    let line = `{"log":"access","time":"${this.#times.of(facts.startedAtWall)}","protocol":"tcp"`;
    line += `,"connectionId":${quoted(facts.connectionId)}${this.#servicePiece(service)}`;
    if (remoteAddress !== undefined) line += `,"remoteAddress":${quoted(remoteAddress)}`;
    if (reason !== undefined) line += `,"reason":"${reason}"`;
    if (detail !== undefined) line += `,"detail":${quoted(detail)}`;
    line += `,"flags":${flagsText(facts.flags)},"attempts":[${this.#attempts(facts.attempts)}]`;
    line += `,"durationMs":${toThousandths(facts.durationMs)}`;
    if (connectMs !== undefined) line += `,"connectMs":${toThousandths(connectMs)}`;
    return `${line},"bytesReceived":${facts.bytesReceived},"bytesSent":${facts.bytesSent}}\n`;
  }

  #attempts(attempts: readonly AttemptFacts[]): string {
    let text = '';
    for (const attempt of attempts) {
      const { status, grpcStatus, failure, failureDetail, headMs } = attempt;
      text += text === '' ? this.#endpointPiece(attempt) : `,${this.#endpointPiece(attempt)}`;
      if (status !== undefined) text += `,"status":${status}`;
      if (grpcStatus !== undefined) text += `,"grpcStatus":${grpcStatus}`;
      if (failure !== undefined) text += `,"failure":"${failure}"`;
      if (failureDetail !== undefined) text += `,"detail":${quoted(failureDetail)}`;
      text += headMs === undefined ? '}' : `,"headMs":${toThousandths(headMs)}}`;
    }
    return text;
  }

  #servicePiece(service: string): string {
    const kept = this.#services.get(service);
    if (kept !== undefined) return kept;
    const text = `,"service":${quoted(service)}`;
    if (this.#services.size >= MAX_KEPT) this.#services.clear();
    this.#services.set(service, text);
    return text;
  }

  #endpointPiece({ endpointId, authority }: AttemptFacts): string {
    const kept = this.#endpoints.get(endpointId);
    if (kept?.authority === authority) return kept.text;
    const text = `{"endpoint":${quoted(authority)},"id":${quoted(endpointId)}`;
    if (this.#endpoints.size >= MAX_KEPT) this.#endpoints.clear();
    this.#endpoints.set(endpointId, { authority, text });
    return text;
  }
}

/** Flags are of a closed list. */
function flagsText(flags: readonly string[]): string {
  return flags.length === 0 ? '[]' : `["${flags.join('","')}"]`;
}

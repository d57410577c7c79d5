// What an endpoint did lately, in a form that a sentence can quote: the run of failures under way or just over, with
// its causes, how often in a row and since when. Bounded, whatever the traffic.

import { timesInWords } from '../core/in-words.ts';

/** Of a run with more causes than this, the newest are named. */
const MAX_CAUSES = 2;

/** The detail of a failure may quote what an endpoint sent. */
const LONGEST_CAUSE = 120;

/** After this time without a failure the last run explains nothing any more, in milliseconds. */
const FORGET_MS = 60_000;

/** One way to fail: a status, or a failure without one. */
interface Cause {
  readonly key: string;
  readonly kind: 'status' | 'failure';
  /** Such as "answered 503" or "connection refused". */
  text: string;
  times: number;
}

export interface FailureRun {
  /** Such as "answered 503 five times" or "connection refused twice, reset by the endpoint once". */
  readonly text: string;
  /** The newest cause alone: "503", "UNAVAILABLE" or "connection refused". */
  readonly newest: string;
  readonly kind: 'status' | 'failure';
  /** How many in a row. */
  readonly inRow: number;
  /** Monotonic milliseconds of the first. */
  readonly since: number;
}

export class RecentOutcomes {
  readonly #causes: Cause[] = [];
  #over = false;
  #inRow = 0;
  #since = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds, here and below */
  succeeded(): void {
    this.#over = true;
  }

  /** A response came that counts as a failure. @param status as people call it, such as "503" or "UNAVAILABLE" */
  refused(status: string, now: number): void {
    this.#record({ key: status, kind: 'status', text: `answered ${status}` }, now);
  }

  /** @param kind groups what differs in figures alone; @param detail as the transport says it */
  failed(kind: string, detail: string, now: number): void {
    const text = causeText(detail);
    this.#record({ key: KNOWN_TEXTS.has(text) ? text : kind, kind: 'failure', text }, now);
  }

  /** The last run of failures, however long ago; undefined before the first. */
  get lastRun(): FailureRun | undefined {
    const newest = this.#causes.at(-1);
    if (newest === undefined) return undefined;
    return {
      text: this.#causes.map(({ text, times }) => timesText(text, times)).join(', '),
      newest: newest.kind === 'status' ? newest.key : newest.text,
      kind: newest.kind,
      inRow: this.#inRow,
      since: this.#since,
    };
  }

  /** The same while it still explains something. */
  recentRun(now: number): FailureRun | undefined {
    return now - this.#lastAt < FORGET_MS ? this.lastRun : undefined;
  }

  #record({ key, kind, text }: Omit<Cause, 'times'>, now: number): void {
    if (this.#over || now - this.#lastAt >= FORGET_MS) {
      this.#causes.length = 0;
      this.#inRow = 0;
      this.#over = false;
    }
    if (this.#inRow === 0) this.#since = now;
    this.#inRow++;
    this.#lastAt = now;
    const at = this.#causes.findIndex((cause) => cause.key === key);
    const [known] = at === -1 ? [] : this.#causes.splice(at, 1);
    const cause = known ?? { key, kind, text, times: 0 };
    cause.text = text;
    cause.times++;
    this.#causes.push(cause);
    if (this.#causes.length > MAX_CAUSES) this.#causes.shift();
  }
}

/** A whole sentence cannot take the count as its last word. */
function timesText(text: string, times: number): string {
  return isSentence(text) ? `${text} (${timesInWords(times)})` : `${text} ${timesInWords(times)}`;
}

/** Whether a cause has parts of its own, such as a remedy. */
export function isSentence(cause: string): boolean {
  return /[:;,]/.test(cause);
}

/** Source: errno(3). */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ECONNRESET|EPIPE/, 'connection reset'],
  [/EHOSTUNREACH|EHOSTDOWN/, 'host unreachable'],
  [/ENETUNREACH/, 'network unreachable'],
  [/ENOTFOUND|EAI_AGAIN/, 'host name not found'],
  [/connect ENOENT/, 'socket not there'],
  [/connect EACCES/, 'permission denied'],
];

const KNOWN_TEXTS: ReadonlySet<string> = new Set(CODES.map(([, text]) => text));

function causeText(detail: string): string {
  const known = CODES.find(([code]) => code.test(detail));
  if (known !== undefined) return known[1];
  const line = detail.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST_CAUSE ? `${line.slice(0, LONGEST_CAUSE)}…` : line;
}

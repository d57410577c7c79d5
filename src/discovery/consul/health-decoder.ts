// The answers of one watch as endpoints, by difference and in slices: of thousands of rows one has changed, and other
// requests must not wait while the rest are read.

import { nextTurn } from '../../core/next-turn.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { RawAnswer } from './consul-client.ts';
import type { HealthReading, HealthRows } from './consul-health.ts';
import { readHealthRow, readHealthRows } from './consul-health.ts';

/**
 * How a row begins, behind the bracket or the comma; an agent in development mode writes white space between all parts. It
 * stands nowhere within a row: in a string the quotes would be escaped (RFC 8259 §7).
 */
const BEGINNING_OF_ROW = /^\s*\{\s*"Node"\s*:\s*\{/;

/** No beginning of a row is longer. */
const LONGEST_BEGINNING = 256;

/** Smaller answers are read at once, and nothing is kept of them: about thirty instances. */
const SLICED_FROM_BYTES = 32 * 1024;

/** Of larger ones nothing is kept for the next: all of their rows are read each time. */
export const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** So much is read in one turn of the event loop, about a millisecond's worth: bytes as JSON, and rows compared. */
const SLICE_BYTES = 96 * 1024;
const SLICE_ROWS = 1_000;

/** More white space around an answer makes it one that is read at once. */
const LONGEST_BLANK = 1_024;

/** So many rows on are looked at for one that was there before, when rows were put in or left out. */
const LOOK_AHEAD = 16;

/** A row within an answer, and what was read of it. */
interface Row {
  readonly from: number;
  readonly to: number;
  /** Undefined when it cannot be read. */
  readonly endpoint: Endpoint | undefined;
}

interface Kept {
  readonly answer: Buffer;
  readonly rows: readonly Row[];
  readonly read: HealthRows;
}

/** Lets other work go on for a turn of the event loop. */
export type Pause = () => Promise<void>;

export class HealthDecoder implements RawAnswer {
  readonly #reading: HealthReading;
  readonly #pause: Pause;
  #kept: Kept | undefined;
  /** The memory of an answer that is not kept any more. */
  #spare: Buffer | undefined;

  constructor(reading: HealthReading, pause: Pause = nextTurn) {
    this.#reading = reading;
    this.#pause = pause;
  }

  /** Memory for an answer to come. */
  takeSpare(): Buffer | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  /**
   * Reads an answer, which is not to be changed until `takeSpare` gives it back; rows that are as they were are the endpoints that they were. Not to be called again before it has
   * ended. Undefined when it is not a list at all.
   * @throws Error when it is no JSON
   */
  async decode(answer: Buffer): Promise<HealthRows | undefined> {
    if (answer.length >= SLICED_FROM_BYTES) {
      const rows = await this.#rowsOf(answer);
      if (rows !== undefined) {
        const read = this.#isAsBefore(rows) ? this.#kept?.read : undefined;
        const kept = { answer, rows, read: read ?? gathered(rows) };
        this.#keep(answer.length <= MAX_KEPT_BYTES ? kept : undefined);
        // What follows, the table in force, is a turn's work by itself.
        if (rows.length >= SLICE_ROWS) await this.#pause();
        return kept.read;
      }
    }
    this.#keep(undefined);
    return readHealthRows(JSON.parse(answer.toString()), this.#reading);
  }

  #keep(kept: Kept | undefined): void {
    this.#spare =
      kept === undefined || this.#kept === undefined ? undefined : Buffer.from(this.#kept.answer.buffer);
    this.#kept = kept;
  }

  #isAsBefore(rows: readonly Row[]): boolean {
    const old = this.#kept?.rows;
    return (
      old?.length === rows.length && old.every(({ endpoint }, index) => endpoint === rows[index]?.endpoint)
    );
  }

  /**
   * Undefined when it is not certain where its rows end. It is when each piece is JSON by itself: `[a,b]` with two JSON
   * texts is the list of these two and no other.
   */
  async #rowsOf(answer: Buffer): Promise<readonly Row[] | undefined> {
    const first = answer.indexOf(0x5b);
    const last = answer.lastIndexOf(0x5d);
    if (!isBlank(answer, 0, first) || !isBlank(answer, last + 1, answer.length)) return undefined;
    const beginning = beginningOfRows(answer, first + 1);
    if (beginning === undefined) return undefined;
    const ends = [...(await this.#boundaries(answer, `},${beginning}`)), last];
    const rows: Row[] = [];
    const old = this.#kept;
    let oldAt = 0;
    let readBytes = 0;
    let from = first + 1;
    for (const [index, to] of ends.entries()) {
      const found = old === undefined ? undefined : indexOfSame(answer, from, to, old, oldAt);
      const same = found === undefined ? undefined : old?.rows[found];
      if (same !== undefined) {
        rows.push({ from, to, endpoint: same.endpoint });
        oldAt = (found ?? 0) + 1;
      } else {
        const value = parsed(answer, from, to);
        if (value === undefined) return undefined;
        rows.push({ from, to, endpoint: readHealthRow(value, this.#reading) });
        readBytes += to - from;
        // Most often a row was changed, and stands where it stood.
        oldAt++;
      }
      from = to + 1;
      if (readBytes >= SLICE_BYTES || index % SLICE_ROWS === SLICE_ROWS - 1) {
        readBytes = 0;
        await this.#pause();
      }
    }
    return rows;
  }

  /** Where each row but the last ends. */
  async #boundaries(answer: Buffer, between: string): Promise<readonly number[]> {
    const ends: number[] = [];
    const sought = Buffer.from(between);
    for (let at = answer.indexOf(sought); at !== -1; at = answer.indexOf(sought, at + 1)) {
      ends.push(at + 1);
      if (ends.length % SLICE_ROWS === 0) await this.#pause();
    }
    return ends;
  }
}

/** What the first row begins with, and so all others. */
function beginningOfRows(answer: Buffer, from: number): string | undefined {
  return BEGINNING_OF_ROW.exec(answer.toString('latin1', from, from + LONGEST_BEGINNING))?.[0];
}

/** Whether there is only white space (RFC 8259 §2). */
function isBlank(answer: Buffer, from: number, to: number): boolean {
  if (to < from || to - from > LONGEST_BLANK) return false;
  return /^[ \t\r\n]*$/.test(answer.toString('latin1', from, to));
}

/** The row of the last answer with these bytes, at or soon after that place. */
function indexOfSame(
  answer: Buffer,
  from: number,
  to: number,
  { answer: old, rows }: Kept,
  at: number,
): number | undefined {
  const last = Math.min(at + LOOK_AHEAD, rows.length);
  for (let index = at; index < last; index++) {
    const row = rows[index];
    if (row === undefined || row.to - row.from !== to - from) continue;
    if (answer.compare(old, row.from, row.to, from, to) === 0) return index;
  }
  return undefined;
}

/** Undefined for what is no JSON; no row is `null`. */
function parsed(answer: Buffer, from: number, to: number): unknown {
  if (to <= from) return undefined;
  try {
    return JSON.parse(answer.toString('utf8', from, to)) ?? undefined;
  } catch {
    return undefined;
  }
}

function gathered(rows: readonly Row[]): HealthRows {
  const endpoints = new Map<string, Endpoint>();
  let malformed = 0;
  for (const { endpoint } of rows) {
    if (endpoint === undefined) malformed++;
    else endpoints.set(endpoint.id, endpoint);
  }
  return { endpoints: [...endpoints.values()], malformed };
}

// What may have been meant by a name that does not exist.

/** Longer ones are no slips of any name. */
export const LONGEST_WRITTEN = 64;

/** More slips make another word. */
const MOST_SLIPS = 3;

/** In shorter ones a slip leaves nothing of what was meant. */
const SHORTEST_SLIPPED = 2;

/** What a name has that a person would write again: some are dots or spaces alone. */
const LETTER = /[\p{L}\p{N}]/u;

/** Shorter than that, many names begin alike. */
const SHORTEST_STUB = 4;

/** The known name nearest to what was written, when one is near enough to be a slip. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const search = searchNearest(written, known, Number.POSITIVE_INFINITY);
  for (;;) {
    const step = search.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The same search in pieces.
 * @param pieceSize after how many names it yields
 */
export function* searchNearest(
  written: string,
  known: Iterable<string>,
  pieceSize: number,
): Generator<void, string | undefined> {
  if (written.length > LONGEST_WRITTEN) return undefined;
  const plain = simplify(written);
  const completion = new Completion(plain);
  let limit = mostSlipsIn(plain);
  let best: string | undefined;
  let seen = 0;
  for (const name of known) {
    if (seen > 0 && seen % pieceSize === 0) yield;
    seen++;
    const other = simplify(name);
    if (!LETTER.test(other)) continue;
    completion.offer(name, other);
    const distance = editDistanceWithin(plain, other, limit);
    if (distance === undefined) continue;
    best = name;
    if (distance === 0) return best;
    // Only a nearer one counts from now on.
    limit = distance - 1;
  }
  return best ?? completion.only;
}

function mostSlipsIn(plain: string): number {
  if (plain.length < SHORTEST_SLIPPED) return 0;
  return Math.min(MOST_SLIPS, Math.max(1, Math.floor(plain.length / 3)));
}

/** The only name that begins with what was written, or that what was written begins with. */
class Completion {
  readonly #plain: string;
  #found: string | undefined;
  #several = false;

  constructor(plain: string) {
    this.#plain = plain;
  }

  offer(name: string, simplified: string): void {
    if (this.#several || this.#plain.length < SHORTEST_STUB || simplified.length > LONGEST_WRITTEN) return;
    const fits =
      simplified.startsWith(this.#plain) ||
      (simplified.length >= SHORTEST_STUB && this.#plain.startsWith(simplified));
    if (!fits) return;
    this.#several = this.#found !== undefined;
    this.#found = name;
  }

  get only(): string | undefined {
    return this.#several ? undefined : this.#found;
  }
}

/** Upper case, underscores and dashes are other people's habits, not other words. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}

/**
 * How many letters must be put in, taken out, replaced, or exchanged with their neighbour (Damerau, restricted);
 * undefined when more than `limit`. Only the band that `limit` leaves is computed.
 */
export function editDistanceWithin(a: string, b: string, limit: number): number | undefined {
  if (limit < 0 || Math.abs(a.length - b.length) > limit) return undefined;
  const far = limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, far));
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = new Array(b.length + 1).fill(far);
    if (i <= limit) row[0] = i;
    let least = row[0] as number;
    const end = Math.min(b.length, i + limit);
    for (let j = Math.max(1, i - limit); j <= end; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforeLast[j - 2] as number) + 1);
      }
      row[j] = Math.min(distance, far);
      least = Math.min(least, distance);
    }
    // An exchange reaches two rows back: one row of nothing near enough may still be mended by the next.
    if (least > limit && last.every((distance) => distance > limit)) return undefined;
    beforeLast = last;
    last = row;
  }
  const distance = last[b.length] as number;
  return distance > limit ? undefined : distance;
}

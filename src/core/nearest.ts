// What somebody may have meant who wrote a name that there is not.

/** The known name nearest to what was written, when one is near enough to be a slip. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > 64) return undefined;
  const plain = simplify(written);
  const limit = Math.max(1, Math.floor(plain.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(plain, simplify(name));
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { name, distance };
  }
  return best?.name ?? completion(plain, known);
}

/** Shorter than that, many names begin alike. */
const SHORTEST_STUB = 4;

/** The only name that begins with what was written, or that what was written begins with. */
function completion(plain: string, known: readonly string[]): string | undefined {
  if (plain.length < SHORTEST_STUB) return undefined;
  const [only, ...others] = known.filter((name) => {
    const other = simplify(name);
    return other.startsWith(plain) || (other.length >= SHORTEST_STUB && plain.startsWith(other));
  });
  return others.length === 0 ? only : undefined;
}

/** Upper case, underscores and dashes are other people's habits, not other words. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}

/** How many letters must be put in, taken out, replaced, or exchanged with their neighbour (Damerau, restricted). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

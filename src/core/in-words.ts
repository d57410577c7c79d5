// Figures as a sentence says them.

/** @param noun in the singular, of a kind that takes an s */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** In milliseconds below a second, in seconds from there on: what configurations are written in. */
export function timeInWords(ms: number): string {
  const rounded = Math.round(ms);
  return rounded < 1_000 ? `${rounded} ms` : `${Math.round(rounded / 10) / 100} s`;
}

const TIMES = ['never', 'once', 'twice', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** "once", "five times", "17 times". */
export function timesInWords(count: number): string {
  const word = TIMES[count] ?? String(count);
  return count <= 2 ? word : `${word} times`;
}

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

/** How long something lasts: "90 s", "28 min 50 s", "1 h 5 min". @param seconds fractions of less than ten seconds are kept */
export function lengthInWords(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 100) / 100} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const parts =
    whole < 3_600
      ? [parted(whole, 60, 'min'), parted(whole % 60, 1, 's')]
      : [parted(whole, 3_600, 'h'), parted(whole % 3_600, 60, 'min')];
  return parts.filter((part) => part !== '').join(' ');
}

/** Empty for none. */
function parted(seconds: number, size: number, unit: string): string {
  const many = Math.floor(seconds / size);
  return many === 0 ? '' : `${many} ${unit}`;
}

const TIMES = ['never', 'once', 'twice', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** "once", "five times", "17 times". */
export function timesInWords(count: number): string {
  const word = TIMES[count] ?? String(count);
  return count <= 2 ? word : `${word} times`;
}

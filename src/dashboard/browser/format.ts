// Figures and times as people read them.

const EMPTY = '–';

/** Calls per second: as many digits as tell something. */
export function perSecond(value: number): string {
  if (value === 0) return '0';
  if (value < 10) return value.toFixed(1);
  return grouped(Math.round(value));
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US').replaceAll(',', '\u202f');
}

/** @param ratio from 0 to 1 */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value === 0) return '0\u2009%';
  if (value < 0.1) return '<0.1\u2009%';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}\u2009%`;
}

/** A latency. */
export function milliseconds(value: number | null): string {
  if (value === null) return EMPTY;
  if (value < 10) return `${value.toFixed(1)}\u2009ms`;
  if (value < 1_000) return `${Math.round(value)}\u2009ms`;
  return `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)}\u2009s`;
}

/** How long something has lasted or will: the one or two units that matter. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long something goes on: never 0 before it is over. */
export function remaining(ms: number): string {
  return duration(Math.max(1_000, ms));
}

/** An amount of bytes. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes}\u2009B`;
  const [amount, unit] =
    bytes < 1024 ** 2
      ? [bytes / 1024, 'KiB']
      : bytes < 1024 ** 3
        ? [bytes / 1024 ** 2, 'MiB']
        : [bytes / 1024 ** 3, 'GiB'];
  return `${amount < 10 ? amount.toFixed(1) : grouped(Math.round(amount))}\u2009${unit}`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))}\u2009MiB`;
}

/** The time of day where the reader is. @param iso ISO 8601 */
export function timeOfDay(iso: string): string {
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Where the reader is, such as `Europe/Berlin (UTC+01:00)`. */
export function timeZone(): string {
  const { timeZone: name } = Intl.DateTimeFormat().resolvedOptions();
  const east = -new Date().getTimezoneOffset();
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  return name === 'UTC' ? name : `${name} (UTC${offset})`;
}

/** @param noun in the singular; its plural has an s */
export function count(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** The words of the API, such as `half_open`, as plain ones. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

// Durations as Consul writes them in JSON: Go's text, or nanoseconds.

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds; undefined for what is no duration, or one below zero. Source: Go, time.ParseDuration. */
export function goDurationMs(written: unknown): number | undefined {
  if (typeof written === 'number') return written >= 0 ? written / 1e6 : undefined;
  if (typeof written !== 'string') return undefined;
  if (written === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(written)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of written.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS_MS[unit] ?? 0);
  }
  return total;
}

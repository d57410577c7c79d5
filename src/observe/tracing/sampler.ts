// Which traces are recorded.

export interface SamplingOptions {
  /** The share of traces that are recorded, 0 to 1. */
  readonly ratio: number;
  /** Whether the caller's decision counts, where it made one. */
  readonly parentBased: boolean;
}

/** The rightmost 52 bits of a trace id: as many as a number holds, of the 56 that are random. */
const RANDOM_DIGITS = 13;

/**
 * Whether to record a trace. By its id alone where no caller has decided, so that all who sample with the same
 * ratio records the same traces (OpenTelemetry, "TraceState: Probability Sampling").
 */
export function isSampled(
  traceId: string,
  callersDecision: boolean | undefined,
  { ratio, parentBased }: SamplingOptions,
): boolean {
  if (parentBased && callersDecision !== undefined) return callersDecision;
  if (ratio >= 1) return true;
  if (ratio <= 0) return false;
  return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) / 2 ** (4 * RANDOM_DIGITS) >= 1 - ratio;
}

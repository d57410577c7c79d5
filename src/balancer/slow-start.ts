// Slow start: a new endpoint takes its share of the traffic step by step, so that cold caches and pools are not
// met by full load (Envoy's slow_start_config).

export interface SlowStart {
  /** Milliseconds from 0: how long the ramp is; 0 for none. */
  readonly window: number;
  /** Above 0. 1 is linear; more rises faster at first. */
  readonly aggression: number;
  /** Whole per cent of its weight that an endpoint has at least; above 0. */
  readonly minimumWeightPercent: number;
}

/**
 * The share of its weight that an endpoint takes, above 0 and at most 1:
 * `max(minimum, (max(age, 1 s) / window) ^ (1 / aggression))`, and 1 after the window.
 * @param ageMs milliseconds since it became usable
 */
export function slowStartRamp(
  ageMs: number,
  { window, aggression, minimumWeightPercent }: SlowStart,
): number {
  if (ageMs >= window) return 1;
  const progress = (Math.max(ageMs, 1_000) / window) ** (1 / aggression);
  return Math.min(1, Math.max(minimumWeightPercent / 100, progress));
}

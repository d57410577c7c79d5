import type { Random } from '../core/random.ts';

/** Whether a refusal holds this time: `percent` is the chance of it. */
export function isEnforced(percent: number, random: Random): boolean {
  return percent >= 100 || random() * 100 < percent;
}

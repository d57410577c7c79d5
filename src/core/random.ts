/** A source of uniformly distributed numbers, at least 0 and below 1. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** A whole number, at least 0 and below `bound`, each as likely as the others. */
export function randomBelow(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

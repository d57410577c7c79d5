// What the rules of outlier detection look at, and what they find.

import type { Detection } from '../endpoint/ejection.ts';

/** Whose failures a rule looks at: responses of the endpoint, or failures seen on this side. */
export type Origin = 'external' | 'local';

/** A detection with the chance that it ejects. */
export interface RuledDetection {
  readonly detection: Detection;
  /** In percent. */
  readonly enforcing: number;
}

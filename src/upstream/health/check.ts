// One check of one endpoint: what it is asked, and what came of it.

import type { UpstreamEndpoint } from '../upstream-endpoint.ts';

/** `none`: it says nothing of the endpoint, as when this side had no connection to spare. */
export type CheckResult =
  | { readonly kind: 'passed' | 'none' }
  | {
      readonly kind: 'failed';
      /** Without its full stop. */
      readonly detail: string;
    };

/** Begins a check; `ended` is called once, possibly before this returns. @returns gives it up; nothing is reported then */
export type BeginCheck = (upstream: UpstreamEndpoint, ended: (result: CheckResult) => void) => () => void;

export const PASSED: CheckResult = { kind: 'passed' };
export const NO_RESULT: CheckResult = { kind: 'none' };

export function failed(detail: string): CheckResult {
  return { kind: 'failed', detail };
}

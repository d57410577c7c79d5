// What came of one check of one endpoint.

/** `none`: it says nothing of the endpoint, as when this side had no connection to spare. */
export type CheckResult =
  | { readonly kind: 'passed' }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'failed';
      /** Without its full stop. */
      readonly detail: string;
    };

export const PASSED: CheckResult = { kind: 'passed' };
export const NO_RESULT: CheckResult = { kind: 'none' };

export function failed(detail: string): CheckResult {
  return { kind: 'failed', detail };
}

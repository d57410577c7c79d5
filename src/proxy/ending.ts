// Why a request ended whose connection is gone: a client leaves, and one that we cut as the process ends looks the same.

import type { Reason } from '../core/reasons.ts';

export interface Ending {
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
}

/** @param cutting whether the process is about to end, and cuts what is still open */
export function endingAs(ending: Ending, cutting: boolean): Ending {
  if (!cutting || ending.reason !== 'client_gone') return ending;
  return {
    reason: 'shutting_down',
    detail: 'the ambassador stopped, and it was still open after drain.timeout',
  };
}

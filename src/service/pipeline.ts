// The order in which the policies meet a request, stated once.

import type { Send, Stage } from '../policy/call.ts';

/** The stages of one route by what they are for; an empty list is a policy that is off and costs nothing. */
export interface PipelineStages {
  readonly shadow: readonly Stage[];
  readonly fallback: readonly Stage[];
  readonly faults: readonly Stage[];
  readonly coalescing: readonly Stage[];
  readonly responseStore: readonly Stage[];
  readonly limits: readonly Stage[];
  readonly circuitBreaker: readonly Stage[];
  readonly retry: readonly Stage[];
  readonly hedging: readonly Stage[];
}

/** From the outermost to the innermost, with the reason for each place. */
export const PIPELINE_ORDER = [
  // A copy is one of what the client sent, whatever becomes of that.
  'shadow',
  // Whatever fails further in, a response may still be given.
  'fallback',
  // A fault shows what the caller would see, a fallback included; none of the policies within mistakes it for the
  // service's own.
  'faults',
  // A call that waits for another's response costs the service nothing and takes no place within its limits.
  'coalescing',
  // Inside of coalescing: a response that many share is kept once.
  'responseStore',
  // What comes too fast, or is too much at once, is turned away before anything is held for it.
  'limits',
  // Inside the limits, so that a call that waited for its turn learns that the service is down meanwhile; outside of
  // retries, so that a call to which another endpoint responded in the end is no failure of the service.
  'circuitBreaker',
  // Every attempt picks its own endpoint and is judged by itself.
  'retry',
  // Innermost: an attempt and its hedge are one attempt to the retries around them.
  'hedging',
] as const satisfies readonly (keyof PipelineStages)[];

/** Builds one sender of the stages, in the pipeline's order, around the innermost step. */
export function pipeline(stages: PipelineStages, innermost: Send): Send {
  return PIPELINE_ORDER.flatMap((name) => stages[name]).reduceRight<Send>(
    (next, stage) => stage(next),
    innermost,
  );
}

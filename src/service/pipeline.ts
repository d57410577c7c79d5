// The order in which the policies meet a request, stated once. The first in the list is the outermost.

import type { Send, Stage } from '../resilience/call.ts';

/** Builds one sender of the stages around the innermost step. */
export function pipeline(stages: readonly Stage[], innermost: Send): Send {
  return stages.reduceRight<Send>((next, stage) => stage(next), innermost);
}

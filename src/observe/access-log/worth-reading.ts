// Which requests are worth a line of the access log each: the others are alike, and a share of them will do.

import { judgedStatus } from '../../core/grpc-status.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { isSlow } from '../../core/request-outcome.ts';

/**
 * Those that failed, were answered by the ambassador itself or by a fallback, were tried again, or took longer than
 * `slowThresholdMs` (0 for none). A hedge is no failure, and may be made for every twentieth request.
 */
export function isWorthReading(facts: RequestFacts, slowThresholdMs: number): boolean {
  const { reason, attempts, flags } = facts;
  if (reason !== undefined || (judgedStatus(facts) ?? 0) >= 500) return true;
  if (attempts.length > 1 && attempts.length > (flags.includes('HG') ? 2 : 1)) return true;
  if (flags.length > 0 && flags.includes('FO')) return true;
  return isSlow(facts, slowThresholdMs);
}

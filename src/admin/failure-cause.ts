// Why requests of a service fail, in a phrase: by what its endpoints did, or by what the ambassador refused itself.

import type { RequestSample } from '../observe/stats/request-sample.ts';

/** Failures so long before the newest one explain nothing any more, in milliseconds. */
const TOGETHER_MS = 10_000;

/** The detail of a refusal may name every endpoint. */
const LONGEST_DETAIL = 200;

/**
 * Whichever most of the latest failures have in common.
 *
 * @param failed newest first
 * @param causes what the endpoints did, such as `connection refused by 2 of 2`; undefined when none failed lately
 */
export function failureCause(
  failed: readonly RequestSample[],
  causes: string | undefined,
): string | undefined {
  const [newest] = failed;
  if (newest === undefined) return causes;
  const since = Date.parse(newest.at) - TOGETHER_MS;
  const latest = failed.filter(({ at }) => Date.parse(at) >= since);
  const refused = latest.filter(({ attempts, reason }) => attempts.length === 0 && reason !== null);
  const [refusal] = refused;
  if (refusal === undefined || (causes !== undefined && refused.length * 2 < latest.length))
    return causes ?? attemptCause(newest);
  // A circuit is open because of what the endpoints did, which its detail says at length.
  if (refusal.reason === 'circuit_open' && causes !== undefined) return `circuit open: ${causes}`;
  return refusalText(refusal);
}

/** Such as `rate limited: payments takes 10 calls a second`. */
function refusalText({ reason, detail }: RequestSample): string {
  const words = (reason ?? '').replaceAll('_', ' ');
  if (detail === null) return words;
  const text = detail.replace(/\.$/, '');
  return `${words}: ${text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text}`;
}

/** What became of one request, where its endpoint has been forgotten. */
function attemptCause({ attempts, status, grpcStatus }: RequestSample): string | undefined {
  const last = attempts.at(-1);
  if (last === undefined) return undefined;
  return last.failure === null
    ? `${grpcStatus ?? status} from ${last.authority}`
    : `${last.failure.replaceAll('_', ' ')} by ${last.authority}`;
}

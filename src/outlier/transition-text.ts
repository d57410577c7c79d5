// What outlier detection did and why, in a sentence with its figures.

import { lengthInWords } from '../core/in-words.ts';
import type { Detection, Ejected, EjectionReason, EjectionShare, Transition } from '../endpoint/ejection.ts';

/** The sentence for the log and the timeline; `authority` is the endpoint's `host:port`. */
export function transitionText(service: string, authority: string, transition: Transition): string {
  const endpoint = `${authority} of ${service}`;
  const share = shareText(transition.share);
  switch (transition.type) {
    case 'ejected':
      if (transition.reason === 'operator')
        return `${endpoint} is ejected by an operator ${durationText(transition)}; ${share}.`;
      return `${endpoint} is ejected ${durationText(transition)}: ${verdictText(transition)}; ${share}.`;
    case 'would_eject':
      return `${endpoint} would be ejected if the rule were enforced: ${verdictText(transition)}.`;
    case 'ejection_refused_by_cap':
      return `${endpoint} stays in use despite its failures: ${verdictText(transition)}; ${share}.`;
    case 'probing':
      return `The ejection of ${endpoint} is over; one trial request decides whether it returns.`;
    case 'returned':
      return `${endpoint} is back; ${share}.`;
    case 'unejected_by_operator':
      return `${endpoint} was let back by an operator; ${share}.`;
  }
}

/** The arithmetic of the cap: "2 of 5 endpoints are out, at most 2 may be". */
export function shareText({ ejected, total, cap }: EjectionShare): string {
  const endpoints = total === 1 ? '1 endpoint' : `${total} endpoints`;
  return `${ejected} of ${endpoints} ${ejected === 1 || total === 1 ? 'is' : 'are'} out, at most ${cap} may be`;
}

/** Why, with the figures: "61.2 % of 120 requests succeeded, threshold 90 % (success_rate)". */
function verdictText(verdict: {
  readonly reason: EjectionReason;
  readonly detection: Detection | undefined;
  readonly cause?: string | undefined;
}): string {
  const { reason, detection, cause } = verdict;
  const last = cause === undefined ? '' : `, last failures: ${cause}`;
  if (detection === undefined) return `${WITHOUT_FIGURES[reason] ?? reason}${last}`;
  const { observed, threshold, requests } = detection;
  if (reason.startsWith('consecutive_')) {
    return `${cause ?? `${observed} failures in a row`} (${reason})`;
  }
  // The one rule that counts in shares rather than percent.
  const scale = reason === 'windowed_failure_ratio' ? 100 : 1;
  const ended = reason === 'success_rate' ? 'succeeded' : 'failed';
  const figures = `${percent(observed * scale)} % of ${requests} requests ${ended}, threshold ${percent(threshold * scale)} %`;
  return `${figures} (${reason})${last}`;
}

const WITHOUT_FIGURES: Partial<Record<EjectionReason, string>> = {
  probe_failure: 'its trial request failed',
  health_check: 'its health checks fail',
};

function durationText({ durationMs, reason }: Ejected): string {
  if (reason === 'health_check') return 'until it passes its health checks';
  return Number.isFinite(durationMs) ? `for ${lengthInWords(durationMs / 1000)}` : 'until further notice';
}

function percent(value: number): string {
  return String(Math.round(value * 10) / 10);
}

// Whether the errors of a service jumped with a reload. Pure.

import type { ConfigChange, ErrorCount } from '../core/config-events.ts';

/** Fewer requests say nothing of a ratio. */
const FEWEST_REQUESTS = 10;
const FEWEST_ERRORS = 5;

/** A jump is so many times what it was, and so much more of all requests. */
const TIMES = 3;
const SHARE = 0.05;

/** @param before in the minute before the reload; with no requests then, there is nothing to compare with */
export function haveErrorsJumped(before: ErrorCount, after: ErrorCount): boolean {
  if (before.requests < FEWEST_REQUESTS || after.requests < FEWEST_REQUESTS) return false;
  if (after.errors < FEWEST_ERRORS) return false;
  const [was, is] = [errorRatio(before), errorRatio(after)];
  return is >= TIMES * was && is - was >= SHARE;
}

export function errorRatio({ requests, errors }: ErrorCount): number {
  return requests === 0 ? 0 : errors / requests;
}

/** The changes that may have to do with a service: its own first, and those of other services only if there are no others. */
export function changesAbout(service: string, changes: readonly ConfigChange[]): readonly ConfigChange[] {
  const paths = [`services.${service}`, `services[${JSON.stringify(service)}]`];
  const isOwn = ({ path }: ConfigChange) =>
    paths.some((start) => path === start || path.startsWith(`${start}.`) || path.startsWith(`${start}[`));
  const own = changes.filter(isOwn);
  const general = changes.filter(({ path }) => !path.startsWith('services'));
  return own.length + general.length === 0 ? changes : [...own, ...general];
}

// What an operator may do from the page, and the calls for it. The token stays in this tab, and no longer than the tab.

import { ApiError, detailOf, servicePath } from './api.ts';
import type { EndpointView, ServiceView } from './wire.ts';

/** What is acted on: an endpoint of the open service, or its circuit. */
export type Target = { readonly kind: 'endpoint'; readonly id: string } | { readonly kind: 'circuit' };

export interface Operation {
  /** The last part of the call's path. */
  readonly name: string;
  /** Whether it may end by itself after a time. */
  readonly isTimed: boolean;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly effect: string;
}

/** A call that an operator filled in. */
export interface OperatorCall {
  readonly service: string;
  readonly target: Target;
  readonly operation: string;
  /** Until it ends by itself; undefined when only an operator ends it. */
  readonly durationSeconds: number | undefined;
  readonly who: string;
  readonly why: string;
  readonly token: string;
}

const EJECT = operation('eject', 'Eject', 'It gets no requests; a probe decides whether it returns.', true);
const UNEJECT = operation('uneject', 'Let back', 'It gets requests again at once.');
const DRAIN = operation('drain', 'Drain', 'Open requests finish; it gets no new ones.');
const UNDRAIN = operation('undrain', 'End the drain', 'It gets requests again.');
const ISOLATE = operation('isolate', 'Isolate', 'Every request is refused.');
const CLOSE = operation('close', 'Close', 'Requests go through again, and are counted anew.');

export function isTimedOperation(name: string): boolean {
  return [EJECT, UNEJECT, DRAIN, UNDRAIN, ISOLATE, CLOSE].some((each) => each.name === name && each.isTimed);
}

function operation(name: string, label: string, effect: string, isTimed = false): Operation {
  return { name, label, effect, isTimed };
}

/** How long an operation may last, in seconds; undefined: until an operator ends it. */
export const DURATIONS: readonly (readonly [label: string, seconds: number | undefined])[] = [
  ['5 minutes', 300],
  ['30 minutes', 1_800],
  ['1 hour', 3_600],
  ['1 day', 86_400],
  ['until it is let back', undefined],
];

export function operationsFor(
  target: Target,
  endpoint: EndpointView | undefined,
  view: ServiceView,
): readonly Operation[] {
  if (target.kind === 'circuit') return view.circuit?.state === 'closed' ? [ISOLATE] : [CLOSE, ISOLATE];
  const isEjected = endpoint !== undefined && endpoint.outlier.state !== 'available';
  const isDrained = endpoint?.state === 'drained';
  return [isEjected ? UNEJECT : EJECT, isDrained ? UNDRAIN : DRAIN];
}

const KEYS = { token: 'ambassador.token', who: 'ambassador.who' } as const;

/** What was filled in before in this tab. */
export function remembered(key: keyof typeof KEYS): string {
  return sessionStorage.getItem(KEYS[key]) ?? '';
}

/** @throws ApiError with what the admin API says against it */
export async function call({
  service,
  target,
  operation,
  durationSeconds,
  who,
  why,
  token,
}: OperatorCall): Promise<void> {
  const place = target.kind === 'circuit' ? 'circuit' : `endpoints/${encodeURIComponent(target.id)}`;
  const response = await fetch(`${servicePath(service)}/${place}/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ durationSeconds, ...(who !== '' && { who }), ...(why !== '' && { why }) }),
  });
  if (!response.ok) {
    if (response.status === 401) sessionStorage.removeItem(KEYS.token);
    throw new ApiError(response.status, await detailOf(response));
  }
  sessionStorage.setItem(KEYS.token, token);
  sessionStorage.setItem(KEYS.who, who);
}

// What an operator may do from the page, and the calls for it. The token stays in this tab, and no longer than the tab.

import { ApiError, detailOf, servicePath } from './api.ts';
import type { EndpointView, ServiceView } from './wire.ts';

/** What is acted on: an endpoint of the open service, or its circuit. */
export type Target = { readonly kind: 'endpoint'; readonly id: string } | { readonly kind: 'circuit' };

export interface Operation {
  /** The last part of the call's path. */
  readonly name: string;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly effect: string;
}

/** A call that an operator filled in. */
export interface OperatorCall {
  readonly service: string;
  readonly target: Target;
  readonly operation: string;
  readonly who: string;
  readonly why: string;
  readonly token: string;
}

const EJECT = { name: 'eject', label: 'Eject', effect: 'It gets no requests until somebody lets it back.' };
const UNEJECT = { name: 'uneject', label: 'Let back', effect: 'It gets requests again at once.' };
const DRAIN = { name: 'drain', label: 'Drain', effect: 'Open requests finish; it gets no new ones.' };
const UNDRAIN = { name: 'undrain', label: 'End the drain', effect: 'It gets requests again.' };
const ISOLATE = {
  name: 'isolate',
  label: 'Isolate',
  effect: 'Every call is refused until the circuit is closed.',
};
const CLOSE = { name: 'close', label: 'Close', effect: 'Calls go through again, and are counted anew.' };

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
export async function call({ service, target, operation, who, why, token }: OperatorCall): Promise<void> {
  const place = target.kind === 'circuit' ? 'circuit' : `endpoints/${encodeURIComponent(target.id)}`;
  const response = await fetch(`${servicePath(service)}/${place}/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ ...(who !== '' && { who }), ...(why !== '' && { why }) }),
  });
  if (!response.ok) {
    if (response.status === 401) sessionStorage.removeItem(KEYS.token);
    throw new ApiError(response.status, await detailOf(response));
  }
  sessionStorage.setItem(KEYS.token, token);
  sessionStorage.setItem(KEYS.who, who);
}

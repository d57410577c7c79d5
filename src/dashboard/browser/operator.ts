// What an operator may do from the page, and the calls for it. The token stays in this tab, and no longer than the tab.

import { ApiError, detailOf, servicePath } from './api.ts';
import type { EndpointView, ServiceView } from './wire.ts';

/** What is acted on: an endpoint of the open service, its circuit, or where its requests go instead of its endpoints. */
export type Target =
  | { readonly kind: 'endpoint'; readonly id: string }
  | { readonly kind: 'circuit' }
  | { readonly kind: 'override' };

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
  /** Where requests go: `HOST:PORT` or `unix:/PATH`; empty but for `use`. */
  readonly address: string;
  /** Only requests with this header field, `NAME:VALUE` or `NAME`; empty for all. */
  readonly header: string;
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

export const USE = operation('use', 'Send', 'New requests go to this address and nowhere else.', true);
const UNUSE = operation('unuse', 'End it', 'New requests go to the service’s own endpoints again.');

export function isTimedOperation(name: string): boolean {
  return [EJECT, UNEJECT, DRAIN, UNDRAIN, ISOLATE, CLOSE, USE, UNUSE].some(
    (each) => each.name === name && each.isTimed,
  );
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
  ['until an operator ends it', undefined],
];

export function operationsFor(
  target: Target,
  endpoint: EndpointView | undefined,
  view: ServiceView,
): readonly Operation[] {
  if (target.kind === 'circuit') return view.circuit?.state === 'closed' ? [ISOLATE] : [CLOSE, ISOLATE];
  if (target.kind === 'override') return view.override === null ? [USE] : [UNUSE, USE];
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
export async function call(filledIn: OperatorCall): Promise<void> {
  const { service, who, why, token } = filledIn;
  const { method, path, content } =
    filledIn.target.kind === 'override' ? overrideCall(filledIn) : postCall(filledIn);
  const response = await fetch(`${servicePath(service)}/${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ ...content, ...(who !== '' && { who }), ...(why !== '' && { why }) }),
  });
  if (!response.ok) {
    if (response.status === 401) sessionStorage.removeItem(KEYS.token);
    throw new ApiError(response.status, await detailOf(response));
  }
  sessionStorage.setItem(KEYS.token, token);
  sessionStorage.setItem(KEYS.who, who);
}

interface AdminCall {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Below that of the service. */
  readonly path: string;
  readonly content: object;
}

function postCall({ target, operation, durationSeconds }: OperatorCall): AdminCall {
  const place = target.kind === 'endpoint' ? `endpoints/${encodeURIComponent(target.id)}` : target.kind;
  return { method: 'POST', path: `${place}/${operation}`, content: { durationSeconds } };
}

function overrideCall({ operation, durationSeconds, address, header }: OperatorCall): AdminCall {
  if (operation !== USE.name) return { method: 'DELETE', path: 'override', content: {} };
  const content = {
    address,
    forSeconds: durationSeconds,
    ...(header !== '' && { header: headerOf(header) }),
  };
  return { method: 'PUT', path: 'override', content };
}

/** Of `NAME:VALUE`, or `NAME` for any value. */
function headerOf(written: string): { readonly name: string; readonly value?: string } {
  const colon = written.indexOf(':');
  if (colon === -1) return { name: written };
  return { name: written.slice(0, colon).trim(), value: written.slice(colon + 1).trim() };
}

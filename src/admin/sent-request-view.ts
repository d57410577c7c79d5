// What the rules of a service make of a request and its response. Names only: the values of header fields are secret.

import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import type { HeaderRules } from '../policy/rewriting/request-rules.ts';
import { FORWARDED_PREFIX, ruledRequest } from '../policy/rewriting/request-rules.ts';
import { rewritesResponses } from '../proxy/client-fields.ts';
import type { Route } from '../proxy/route.ts';
import { sentHost } from '../proxy/sent-host.ts';
import type { CallPolicy, ServicePolicy } from '../service/service-policy.ts';

export interface FieldRulesView {
  /** Names in lower case, those whose value is replaced among them. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export interface SentRequestView {
  /** The path and the query that the endpoint gets. */
  readonly path: string;
  /** What it sees as Host; null for its own address. */
  readonly host: string | null;
  /** What X-Forwarded-Prefix says was taken off the path; null for nothing. */
  readonly forwardedPrefix: string | null;
  /** Whether Via says that the request came through here. */
  readonly via: boolean;
  readonly requestFields: FieldRulesView;
  readonly responseFields: FieldRulesView;
  /** Whether redirects lead back through the ambassador. */
  readonly rewritesLocation: boolean;
  /** Whether cookies come back. */
  readonly rewritesCookies: boolean;
}

export interface RoutedRequest {
  readonly route: Route;
  /** What the client calls; undefined when the request does not say. */
  readonly authority: string | undefined;
  readonly headers: Fields;
}

/** @param policy of the route that the request takes */
export function sentRequestView(
  { route, authority, headers }: RoutedRequest,
  policy: CallPolicy,
  { host, via }: ServicePolicy,
): SentRequestView {
  const { path, prefix = '', addressing } = route;
  const before = `${fieldValue(headers, FORWARDED_PREFIX) ?? ''}${prefix}`;
  const sent = { path, headers: before === '' ? [] : [FORWARDED_PREFIX, before] };
  const ruled = ruledRequest(sent, policy) ?? sent;
  const { location, cookies } = rewritesResponses(route, policy);
  return {
    path: ruled.path,
    host: sentHost(host, addressing, authority) ?? null,
    forwardedPrefix: fieldValue(ruled.headers, FORWARDED_PREFIX) ?? null,
    via: via !== false,
    requestFields: rulesView(policy.headers?.request),
    responseFields: rulesView(policy.headers?.response),
    rewritesLocation: location,
    rewritesCookies: cookies,
  };
}

function rulesView(rules: HeaderRules | undefined): FieldRulesView {
  if (rules === undefined) return { removed: [], added: [] };
  return { removed: [...rules.dropped], added: rules.appended.filter((_, i) => i % 2 === 0) };
}

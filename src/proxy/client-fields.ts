// The header fields of an endpoint's response as the client gets them: without those of the connection, with what
// points at the endpoint brought back here, and by the rules of the service.

import { hostOf } from '../endpoint/endpoint.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { ruledFields } from '../policy/rewriting/request-rules.ts';
import type { Service } from '../service/service.ts';
import type { CallPolicy } from '../service/service-policy.ts';
import { downstreamResponseHeaders } from './headers.ts';
import type { NamedServices } from './named-service.ts';
import { prefixOfName } from './named-service.ts';
import type { Route } from './route.ts';
import { bringBack, pointsSomewhere } from './way-back.ts';

export interface RespondedRequest {
  readonly route: Route;
  readonly service: Service;
  readonly policy: CallPolicy;
  /** What the client called. */
  readonly authority: string | undefined;
  /** What the endpoint saw as Host; undefined for its own address. */
  readonly sentHost: string | undefined;
  readonly named: NamedServices;
}

export function clientFields(fields: Fields, request: RespondedRequest): Fields {
  const { route, policy } = request;
  const sent = downstreamResponseHeaders(fields);
  const { rewrite, headers } = policy;
  const { location, cookies } = rewritesResponses(route, policy);
  if ((location || cookies) && pointsSomewhere(sent)) {
    const { prefix = '', path } = route;
    bringBack(sent, {
      location,
      cookies,
      prefix,
      pathRule: rewrite?.path,
      asked: `${prefix}${path}`,
      called: request.authority,
      sentHost: request.sentHost,
      prefixOfName: (host) => prefixOfName(host, route, request.named),
      endpoints: () => request.service.knownEndpoints.map((endpoint) => hostOf(endpoint).toLowerCase()),
    });
  }
  return headers?.response === undefined ? sent : ruledFields(sent, headers.response);
}

/** Those of a switch of protocols, which says by two fields of the connection to which one. */
export function switchedFields(fields: Fields, request: RespondedRequest): Fields {
  const upgrade = fieldValue(fields, 'upgrade');
  const ofConnection = upgrade === undefined ? [] : ['Connection', 'Upgrade', 'Upgrade', upgrade];
  return [...ofConnection, ...clientFields(fields, request)];
}

/** What of responses is brought back: unless it is configured, where the path names the service. */
export function rewritesResponses(
  { prefix }: Pick<Route, 'prefix'>,
  { rewrite }: Pick<CallPolicy, 'rewrite'>,
): { readonly location: boolean; readonly cookies: boolean } {
  const byPath = prefix !== undefined;
  return { location: rewrite?.location ?? byPath, cookies: rewrite?.cookies ?? byPath };
}

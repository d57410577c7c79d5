// Which service a request is for, and what remains of its target: a pure reading of the request line and fields.

import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import { isAuthority } from '../http/authority.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import type { ForwardProxy } from './forward-proxy.ts';
import { headerCount } from './headers.ts';
import { readName, serviceOfHost } from './service-name.ts';

export interface Route {
  readonly service: ServiceRef;
  /** The target to send upstream, in origin form, byte for byte. */
  readonly path: string;
  /** How the service was named, for the access log. */
  readonly addressing: 'listener' | 'header' | 'host' | 'path';
  /** What was taken off the path to name it, byte for byte, such as `/payments`; undefined for nothing. */
  readonly prefix?: string | undefined;
  /** The host of the absolute target that named it; undefined when that was something else. */
  readonly proxiedTo?: string | undefined;
}

/** The part of a request that routing reads. */
export interface RoutableRequest {
  readonly method: string;
  /** The request target as received (RFC 9112 §3.2). */
  readonly target: string;
  readonly headers: Fields;
}

/** What addressing goes by beside the request. */
export interface AddressingRules {
  /** The only service behind the listener; undefined where each request names its own. */
  readonly listenerService: string | undefined;
  /** The host of the CONNECT in whose tunnel the request came; undefined outside of one. */
  readonly tunnelAuthority?: string | undefined;
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
  /** Decides of hosts in absolute targets. */
  readonly forwardProxy: ForwardProxy;
}

const HTTP_PORT = 80;

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([^#]*)/i;

/**
 * Finds the service of a request, by, in order: the listener's own service, the host of its tunnel, the header
 * x-ambassador-service, the host (of an absolute target, else of Host), the first segment of the path.
 * @throws AmbassadorError `bad_request`, `no_route` or `unknown_service` when it names none
 */
export function routeRequest(
  request: RoutableRequest,
  { listenerService, tunnelAuthority, consulDomain, forwardProxy }: AddressingRules,
): Route {
  const absolute = request.target.startsWith('/') ? null : ABSOLUTE_FORM.exec(request.target);
  const path = absolute === null ? request.target : forwardedForm(request.method, absolute[2] ?? '');
  const host = absolute === null ? hostOf(request.headers) : (absolute[1] ?? '');
  if (host !== undefined && !isAuthority(host)) {
    throw new AmbassadorError('bad_request', 'The Host of the request is not a valid host.');
  }
  // RFC 9112 §3.2.4: OPTIONS * asks of the server as a whole.
  if (!path.startsWith('/') && !(path === '*' && request.method === 'OPTIONS')) {
    throw new AmbassadorError(
      'bad_request',
      `The request target is neither a path nor an absolute URL.${meantTarget(path, consulDomain)}`,
    );
  }
  if (listenerService !== undefined) {
    return { service: serviceNamed(listenerService), path, addressing: 'listener' };
  }
  if (tunnelAuthority !== undefined) {
    const tunnelled = proxiedService(tunnelAuthority, HTTP_PORT, forwardProxy);
    if (tunnelled !== undefined) return { service: tunnelled, path, addressing: 'host' };
  }
  const named = fieldValue(request.headers, 'x-ambassador-service');
  if (named !== undefined) return { service: readName(named), path, addressing: 'header' };
  if (absolute !== null) {
    const proxied = proxiedService(host ?? '', HTTP_PORT, forwardProxy);
    if (proxied !== undefined) return { service: proxied, path, addressing: 'host', proxiedTo: host };
  } else if (host !== undefined) {
    const hosted = serviceOfHost(host.replace(/\.?(?::\d*)?$/, ''), consulDomain);
    if (hosted !== undefined) return { service: hosted, path, addressing: 'host' };
  }
  if (path === '*') throw new AmbassadorError('not_implemented', 'A request for * must name its service.');
  if (isPreflightOfHeader(request)) {
    throw new AmbassadorError(
      'no_route',
      'The page names the service by x-ambassador-service, which a preflight request does not bring: call /SERVICE/path, or a port or host of the service.',
    );
  }
  return routeByPath(path);
}

/** What was probably meant by a name with or without a path, such as `payments` or `payments.service.consul/charge`. */
function meantTarget(target: string, consulDomain: string): string {
  const [, host = '', rest = '/'] = /^([\w.-]{1,100}(?::\d{1,5})?)([/?][!-~]{0,100})?$/.exec(target) ?? [];
  if (host === '') return '';
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const isHost = host.includes(':') || host.endsWith('.localhost') || host.endsWith(`.${consulDomain}`);
  return ` Did you mean ${isHost ? 'http://' : '/'}${host}${path}?`;
}

/** Source: Fetch, "CORS-preflight request": of the fields of the request to come, it has the names alone. */
function isPreflightOfHeader({ method, headers }: RoutableRequest): boolean {
  if (method !== 'OPTIONS') return false;
  const names = fieldValue(headers, 'access-control-request-headers')?.split(',') ?? [];
  return names.some((name) => name.trim().toLowerCase() === 'x-ambassador-service');
}

function routeByPath(path: string): Route {
  let end = 1;
  while (end < path.length && path[end] !== '/' && path[end] !== '?') end++;
  if (end === 1) {
    throw new AmbassadorError(
      'no_route',
      'The request names no service: call /SERVICE/path, or send the header x-ambassador-service.',
    );
  }
  const rest = path.slice(end);
  return {
    service: readName(path.slice(1, end)),
    path: rest.startsWith('/') ? rest : `/${rest}`,
    addressing: 'path',
    prefix: path.slice(0, end),
  };
}

/** @returns undefined where the path names the service */
function proxiedService(
  authority: string,
  defaultPort: number,
  forwardProxy: ForwardProxy,
): ServiceRef | undefined {
  const destination = forwardProxy.destination(authority, defaultPort);
  if (destination.kind === 'service') return destination.service;
  if (destination.kind === 'own') return undefined;
  throw new AmbassadorError(
    'no_route',
    `${authority.slice(0, 100)} is not a service, and is called directly.`,
  );
}

function hostOf(headers: Fields): string | undefined {
  // RFC 9112 §3.2: more than one Host is refused with 400, whatever their values.
  if (headerCount(headers, 'host') > 1) {
    throw new AmbassadorError('bad_request', 'The request has more than one Host field.');
  }
  return fieldValue(headers, 'host');
}

/** The path and the query of an absolute target, as its server gets it. */
export function originForm(method: string, target: string): string {
  return forwardedForm(method, ABSOLUTE_FORM.exec(target)?.[2] ?? '');
}

/** What an absolute target becomes for the server that it names (RFC 9112 §3.2.1, §3.2.4). */
function forwardedForm(method: string, rest: string): string {
  if (rest === '' && method === 'OPTIONS') return '*';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

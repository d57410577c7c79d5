// Which service a request is for, and what remains of its target: a pure reading of the request line and fields.

import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { isServiceName, serviceNamed } from '../discovery/service-ref.ts';
import { isAuthority } from '../http/authority.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { parseConsulName } from './consul-dns-name.ts';
import { headerCount } from './headers.ts';

export interface Route {
  readonly service: ServiceRef;
  /** The target to send upstream, in origin form, byte for byte. */
  readonly path: string;
  /** How the service was named, for the access log. */
  readonly addressing: 'listener' | 'header' | 'host' | 'path';
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
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
}

const LOCALHOST_SUFFIX = '.localhost';

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([^#]*)/i;

/**
 * Finds the service of a request, by, in order: the listener's own service, the header x-ambassador-service,
 * the host (of an absolute target, else of Host), the first segment of the path.
 * @throws AmbassadorError `bad_request`, `no_route` or `unknown_service` when it names none
 */
export function routeRequest(
  request: RoutableRequest,
  { listenerService, consulDomain }: AddressingRules,
): Route {
  const absolute = request.target.startsWith('/') ? null : ABSOLUTE_FORM.exec(request.target);
  const path = absolute === null ? request.target : forwardedForm(request.method, absolute[2] ?? '');
  const host = absolute === null ? hostOf(request.headers) : (absolute[1] ?? '');
  if (host !== undefined && !isAuthority(host)) {
    throw new AmbassadorError('bad_request', 'The Host of the request is not a valid host.');
  }
  // RFC 9112 §3.2.4: OPTIONS * asks of the server as a whole.
  if (!path.startsWith('/') && !(path === '*' && request.method === 'OPTIONS')) {
    throw new AmbassadorError('bad_request', 'The request target is neither a path nor an absolute URL.');
  }
  if (listenerService !== undefined) {
    return { service: serviceNamed(listenerService), path, addressing: 'listener' };
  }
  const named = fieldValue(request.headers, 'x-ambassador-service');
  if (named !== undefined) return { service: readName(asUtf8(named)), path, addressing: 'header' };
  const hosted = host === undefined ? undefined : serviceOfHost(host, absolute !== null, consulDomain);
  if (hosted !== undefined) return { service: hosted, path, addressing: 'host' };
  if (path === '*') throw new AmbassadorError('not_implemented', 'A request for * must name its service.');
  return routeByPath(path);
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
  };
}

/** @param fromTarget whether the host stands in an absolute target: then it must name a service */
function serviceOfHost(authority: string, fromTarget: boolean, consulDomain: string): ServiceRef | undefined {
  // A final dot marks a name as complete (RFC 1034 §3.1): it is the same name.
  const host = authority.replace(/\.?(?::\d*)?$/, '');
  const lower = host.toLowerCase();
  if (lower.endsWith(LOCALHOST_SUFFIX)) return readName(host.slice(0, -LOCALHOST_SUFFIX.length));
  const consul = parseConsulName(host, consulDomain);
  if (consul === 'other') {
    throw new AmbassadorError(
      'unknown_service',
      `Of the names below .${consulDomain} only [tag.]NAME.service[.datacenter].${consulDomain} is a service.`,
    );
  }
  if (consul !== undefined) return consul;
  if (!fromTarget || isLoopback(lower)) return undefined;
  if (!host.includes('.')) return readName(host);
  throw new AmbassadorError(
    'no_route',
    `The ambassador forwards to services in Consul, not to other hosts: use NAME.service.${consulDomain}.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

function hostOf(headers: Fields): string | undefined {
  // RFC 9112 §3.2: more than one Host is answered 400, whatever they say.
  if (headerCount(headers, 'host') > 1) {
    throw new AmbassadorError('bad_request', 'The request has more than one Host field.');
  }
  return fieldValue(headers, 'host');
}

/** What an absolute target becomes for the server that it names (RFC 9112 §3.2.1, §3.2.4). */
function forwardedForm(method: string, rest: string): string {
  if (rest === '' && method === 'OPTIONS') return '*';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * A name as it is written in a path, a header or a host: percent-encoded where it has to be. It is decoded once, and for
 * the comparison only.
 */
function readName(written: string): ServiceRef {
  const name = percentDecoded(written);
  if (isServiceName(name)) return serviceNamed(name);
  throw new AmbassadorError('unknown_service', 'What stands in the place of a service name is not one.');
}

function percentDecoded(written: string): string {
  if (!written.includes('%')) return written;
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Fields come as octets, one to a character (RFC 9110 §5.5): what is UTF-8 is read as such. */
function asUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return UTF8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

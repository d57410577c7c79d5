// Redirects and cookies of an endpoint, brought into the client's view: a client that follows them comes through the
// ambassador again. Pure. Source: RFC 9110 §8.7, §10.2.2, RFC 6265 §4.1.2, and for Refresh the HTML standard, which
// defines it.

import type { Fields } from '../http/message.ts';
import type { PathRule } from '../policy/rewriting/request-rules.ts';
import { withPrefixReplaced } from '../policy/rewriting/request-rules.ts';

/** How what an endpoint says of itself is seen by the client. */
export interface WayBack {
  readonly location: boolean;
  readonly cookies: boolean;
  /** What the addressing took off the path, such as `/payments`; empty for nothing. */
  readonly prefix: string;
  /** What the service's rules then made of it. */
  readonly pathRule: PathRule | undefined;
  /** The target that the client asked for, from its path on. */
  readonly asked: string;
  /** What the client called, with its port where that is not 80; undefined when that is not known. */
  readonly called: string | undefined;
  /** What the endpoint was sent as Host; undefined for its own address. */
  readonly sentHost: string | undefined;
  /** What stands before the paths of the service that Consul's DNS gives this name; undefined where no path leads there. */
  readonly prefixOfName: (host: string) => string | undefined;
  /** The addresses of the service's endpoints, each with its port; asked for only where they matter. */
  readonly endpoints: () => readonly string[];
}

const URL_FORM = /^(?:(https?):)?\/\/([^/?#]*)([\s\S]*)$/i;
const REFRESH = /^(\s*[\d.]+\s*[;,]\s*url\s*=\s*)(["']?)([^"']*)(["']?\s*)$/i;

const POINTERS: ReadonlySet<string> = new Set(['refresh', 'location', 'set-cookie', 'content-location']);
const POINTER_LENGTHS: ReadonlySet<number> = new Set(Array.from(POINTERS, ({ length }) => length));

/** Whether there is a field that may have to be changed. */
export function pointsSomewhere(fields: Fields): boolean {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (POINTER_LENGTHS.has(name.length) && POINTERS.has(name.toLowerCase())) return true;
  }
  return false;
}

/** @param fields are changed where need be */
export function bringBack(fields: string[], way: WayBack): void {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    switch (name.length) {
      case 7:
        if (way.location && name.toLowerCase() === 'refresh')
          fields[i + 1] = refresh(fields[i + 1] ?? '', way);
        break;
      case 8:
        if (way.location && name.toLowerCase() === 'location')
          fields[i + 1] = reference(fields[i + 1] ?? '', way);
        break;
      case 10:
        if (way.cookies && name.toLowerCase() === 'set-cookie')
          fields[i + 1] = cookie(fields[i + 1] ?? '', way);
        break;
      case 16:
        if (way.location && name.toLowerCase() === 'content-location') {
          fields[i + 1] = reference(fields[i + 1] ?? '', way);
        }
        break;
    }
  }
}

/** A URI reference (RFC 3986 §4.1) as the client should read it. */
export function reference(value: string, way: WayBack): string {
  const absolute = URL_FORM.exec(value);
  if (absolute === null) return value.startsWith('/') ? clientPath(value, way) : value;
  const [, scheme = 'http', authority = '', rest = ''] = absolute;
  const whole = withPort(authority, scheme);
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  if (isCalled(whole, way)) {
    // An endpoint that goes by X-Forwarded-Host may go by X-Forwarded-Prefix too.
    const isSeen = withPrefixReplaced(path.split('#', 1)[0] ?? '', { prefix: way.prefix, replacement: '' });
    return isSeen === undefined ? clientPath(path, way) : value;
  }
  if (!isSentHost(whole, scheme, way) && !way.endpoints().includes(whole)) {
    return ofNamedService(path, { whole, scheme }, way) ?? value;
  }
  const seen = clientPath(path, way);
  if (isOtherHost(seen)) return value;
  // A redirect from http to https at the same place would lead to itself.
  return scheme.toLowerCase() === 'https' && seen === way.asked ? value : seen;
}

/**
 * A redirect to a service by its name in Consul's DNS. A port says nothing there of where another service is found; one
 * that no endpoint of the same service has is something else of it.
 * @returns undefined where it stays
 */
function ofNamedService(
  path: string,
  { whole, scheme }: { readonly whole: string; readonly scheme: string },
  way: WayBack,
): string | undefined {
  const host = hostOf(whole);
  const prefix = way.prefixOfName(host);
  if (prefix === undefined) return undefined;
  if (prefix !== way.prefix) return `${prefix}${path}`;
  if (whole !== withPort(host, scheme) && !isPortOfEndpoint(whole, way)) return undefined;
  const seen = clientPath(path, way);
  // A server that redirects to its canonical name does so again as long as it is not called by that name.
  return isOtherHost(seen) || seen === way.asked ? undefined : seen;
}

/** Whether it would be a reference to another host (RFC 3986 §4.2). */
function isOtherHost(reference: string): boolean {
  return reference.startsWith('//');
}

/** A Refresh field: seconds, and where to go then. */
export function refresh(value: string, way: WayBack): string {
  const [, before, open = '', url, close = ''] = REFRESH.exec(value) ?? [];
  return url === undefined ? value : `${before}${open}${reference(url, way)}${close}`;
}

/** A Set-Cookie field. Cookies that must have the path `/` (`__Host-`) stay as they are. */
export function cookie(value: string, way: WayBack): string {
  if (!value.includes(';') || /^\s*__Host-/i.test(value)) return value;
  const [pair = '', ...attributes] = value.split(';');
  const seen = attributes.flatMap((attribute) => {
    const [, before, name = '', between = '', given = '', after = ''] =
      /^(\s*)([^=\s]*)(\s*=\s*)?([\s\S]*?)(\s*)$/.exec(attribute) ?? [];
    switch (name.toLowerCase()) {
      case 'path':
        return given.startsWith('/')
          ? [`${before}${name}${between}${cookiePath(given, way)}${after}`]
          : [attribute];
      case 'domain':
        return isDomainOfEndpoint(given, way) ? [] : [attribute];
      default:
        return [attribute];
    }
  });
  return [pair, ...seen].join(';');
}

/** A path of the endpoint as the client sees it. */
function clientPath(path: string, { prefix, pathRule }: WayBack): string {
  const { prefix: taken, replacement } = pathRule ?? { prefix: '', replacement: '' };
  const own = withPrefixReplaced(path, { prefix: replacement, replacement: taken }) ?? path;
  return `${prefix}${own}`;
}

/** One that has the prefix already was made by an endpoint that knows of it. */
function cookiePath(path: string, way: WayBack): string {
  const { prefix } = way;
  if (prefix !== '' && withPrefixReplaced(path, { prefix, replacement: '' }) !== undefined) return path;
  const seen = clientPath(path, way);
  return seen.length > 1 && path === '/' && seen.endsWith('/') ? seen.slice(0, -1) : seen;
}

function isDomainOfEndpoint(domain: string, { sentHost, endpoints, prefix, prefixOfName }: WayBack): boolean {
  const name = domain.replace(/^\./, '').toLowerCase();
  if (name === '') return false;
  if (prefixOfName(name) === prefix) return true;
  const own = sentHost === undefined ? endpoints().map(hostOf) : [hostOf(sentHost)];
  return own.some((host) => host === name || host.endsWith(`.${name}`));
}

function isCalled(whole: string, { called }: WayBack): boolean {
  return called !== undefined && withPort(called, 'http') === whole;
}

/**
 * A Host says nothing of the scheme: the port that it leaves out is the default of either. Servers such as nginx put
 * their own port behind the name that they were called by.
 */
function isSentHost(whole: string, scheme: string, way: WayBack): boolean {
  const { sentHost } = way;
  if (sentHost === undefined) return false;
  if (withPort(sentHost, scheme) === whole) return true;
  return hostOf(sentHost) === hostOf(whole) && isPortOfEndpoint(whole, way);
}

function isPortOfEndpoint(whole: string, { endpoints }: Pick<WayBack, 'endpoints'>): boolean {
  const port = whole.slice(whole.lastIndexOf(':'));
  return endpoints().some((endpoint) => endpoint.endsWith(port));
}

function withPort(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  if (/:\d+$/.test(lower)) return lower;
  return `${lower.replace(/:$/, '')}:${scheme.toLowerCase() === 'https' ? 443 : 80}`;
}

function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, '').toLowerCase();
}

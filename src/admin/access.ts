// Who may call the admin API: no web page, and for what changes something only those who hold the token.

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { mayBeUnseenPage } from '../http/browser.ts';
import { isHiddenLoopback, isLoopbackHost } from '../net/address.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { AdminProblem } from './admin-problem.ts';

export interface AccessRules {
  readonly address: ListenAddress;
  /** What a changing call must show; undefined when none is configured. */
  readonly token: string | undefined;
  /** Host names under which the API may be called beside the address itself, such as a compose service's. */
  readonly allowedHosts: readonly string[];
}

/**
 * - `token`: with the admin token;
 * - `socket`: every process that may open the unix socket;
 * - `none`: not at all, since no token is configured.
 */
export type OperatorAccess = 'token' | 'socket' | 'none';

export function operatorAccess({ address, token }: Pick<AccessRules, 'address' | 'token'>): OperatorAccess {
  if (address.kind === 'unix') return 'socket';
  return token === undefined ? 'none' : 'token';
}

/** What a decision is made on. */
export interface AdminCall {
  readonly method: string;
  /** The route's pattern; undefined when there is none. */
  readonly route: string | undefined;
  /** The first Host field. */
  readonly host: string | undefined;
  /** How many Host fields there are. */
  readonly hosts: number;
  readonly origin: string | undefined;
  readonly userAgent: string | undefined;
  /** What a browser says of the page that sends the request (Sec-Fetch-Site, W3C Fetch Metadata); no page can set it. */
  readonly site: string | undefined;
  readonly authorization: string | undefined;
}

/** What probes and scrapers read: nothing here is worth a DNS rebinding, and they call by any name. */
const OPEN_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @throws AdminProblem 400, 403 or 401 */
export function checkAccess(call: AdminCall, rules: AccessRules): void {
  checkHost(call, rules);
  checkOrigin(call, rules);
  if (!SAFE_METHODS.has(call.method)) checkToken(call, rules);
}

/**
 * A web page whose name its owner points at this machine (DNS rebinding) shows that name as the Host: only names
 * that cannot be such a page's are let through. An IP address is none.
 */
function checkHost({ method, route, host, hosts }: AdminCall, { address, allowedHosts }: AccessRules): void {
  // RFC 9112 §3.2: more than one Host is answered 400, whatever they say.
  if (hosts > 1) {
    const detail = 'The request has more than one Host field.';
    throw new AdminProblem({ status: 400, reason: 'bad_request', detail });
  }
  if (address.kind === 'unix') return;
  const name = hostName(host);
  if (name !== undefined) {
    if (name === 'localhost' || isIP(name) !== 0) return;
    if (name === address.host.toLowerCase() || allowedHosts.some((allowed) => allowed.toLowerCase() === name))
      return;
  }
  const beyondLoopback = !isLoopbackHost(address.host);
  if (beyondLoopback && SAFE_METHODS.has(method) && route !== undefined && OPEN_ROUTES.has(route)) return;
  throw new AdminProblem({
    status: 403,
    reason: 'forbidden',
    detail:
      'The Host of this call is not one that the admin API answers to: call it by localhost, by an IP address, ' +
      'or by a name that the configuration allows.',
  });
}

/** Reads too: a picture, a script or an event stream of another page sends no Origin, or needs no response to do harm. */
function checkOrigin(
  { host, origin, site, userAgent }: AdminCall,
  { address, allowedHosts }: AccessRules,
): void {
  if (address.kind === 'unix') return;
  const name = hostName(host) ?? '';
  if (isHiddenLoopback(name) && !allowedHosts.includes(name) && mayBeUnseenPage(userAgent, site)) {
    throw new AdminProblem({
      status: 403,
      reason: 'forbidden',
      detail: `A browser does not say which web page sends a request to ${name}: call localhost or 127.0.0.1 instead.`,
    });
  }
  const byOtherPage = site === 'cross-site' || site === 'same-site';
  if (origin === undefined && !byOtherPage) return;
  if (
    !byOtherPage &&
    host !== undefined &&
    URL.canParse(`http://${host}`) &&
    new URL(`http://${host}`).origin === origin
  )
    return;
  throw new AdminProblem({
    status: 403,
    reason: 'forbidden',
    detail: 'Web pages of another origin may not call the admin API.',
  });
}

function checkToken({ authorization }: AdminCall, { address, token }: AccessRules): void {
  if (address.kind === 'unix') return;
  if (token === undefined) {
    throw new AdminProblem({
      status: 403,
      reason: 'forbidden',
      detail:
        'Calls that change something are refused: the configuration names no admin token, and this is not a ' +
        'unix socket. Configure admin.token or admin.tokenFile, or let admin.listen be unix:/path.',
    });
  }
  const [, shown] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (shown !== undefined && isSame(shown, token)) return;
  throw new AdminProblem({
    status: 401,
    reason: 'unauthorized',
    detail: `A call that changes something needs the header Authorization: Bearer TOKEN; ${
      authorization === undefined ? 'there was none' : 'this one does not match'
    }.`,
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** In a time that says nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The name in a Host field, without port, brackets and the dot at the end, in lower case; undefined when it is no valid one. */
function hostName(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:@/\s]+?)\.?)(?::\d+)?$/.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

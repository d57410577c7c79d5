// Which requests are none of the application's: those that a web page in a browser on this machine sends. Pure.
// Source: W3C Fetch Metadata, RFC 6454 (Origin); the order of questions is that of CrossOriginProtection in Go's net/http.

import { isIP } from 'node:net';
import { AmbassadorError } from '../core/errors.ts';
import { mayBeUnseenPage } from '../http/browser.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { originOf, sameOrigin } from '../http/origin.ts';
import { isHiddenLoopback, numericAddress } from '../net/address.ts';
import { hostName, matchesHost } from './host-pattern.ts';

export interface StrangerRules {
  /** Origins such as `https://app.example` whose pages may call; `*` for every one. */
  readonly allowedOrigins: readonly string[];
  /** Host names by which this ambassador may be called; `*.example.com` for all below, `*` for every one. */
  readonly allowedHosts: readonly string[];
  /** Names that belong to this machine or are listened on. */
  readonly ownHosts: readonly string[];
  /** Below which every name is one of Consul's, such as `consul`. */
  readonly consulDomain: string;
  /** The services that this application may call; `*` for every one. */
  readonly allowedServices: readonly string[];
}

/** What the decision is made on. */
export interface ArrivedRequest {
  readonly target: string;
  /** The host of an absolute target, else Host; undefined without one. */
  readonly authority: string | undefined;
  readonly fields: Fields;
  /** Undefined over a unix socket, which no browser opens. */
  readonly remoteAddress: string | undefined;
}

/** Names by which containers reach the machine that they run on; they cannot be registered. */
const HOSTS_OF_CONTAINERS: ReadonlySet<string> = new Set([
  'host.docker.internal',
  'gateway.docker.internal',
  'kubernetes.docker.internal',
  'host.containers.internal',
]);

const LONGEST_SHOWN = 100;

export class Strangers {
  #rules: StrangerRules;
  #allowedServices: ReadonlySet<string> | undefined;
  /** The Host that was found to be ours the last time: nearly all requests have the same. */
  #lastOurs: string | undefined;

  constructor(rules: StrangerRules) {
    this.#rules = rules;
    this.#allowedServices = setOf(rules.allowedServices);
  }

  /** Decides by other rules from now on. */
  admit(rules: StrangerRules): void {
    this.#rules = rules;
    this.#allowedServices = setOf(rules.allowedServices);
    this.#lastOurs = undefined;
  }

  /** @throws AmbassadorError `forbidden` when a web page sent it, or may have */
  check(request: ArrivedRequest): void {
    if (request.remoteAddress === undefined) return;
    const refusal = originRefusal(request, this.#rules) ?? this.#hostRefusal(request);
    if (refusal !== undefined) throw new AmbassadorError('forbidden', refusal);
  }

  /**
   * @param name of the service, without tag and datacenter
   * @throws AmbassadorError `forbidden`
   */
  checkService(name: string): void {
    if (this.mayBeCalled(name)) return;
    throw new AmbassadorError(
      'forbidden',
      `${shown(name)} is not among the services that this application may call. To let it, add it to the configuration: allowedServices: [${quoted(name)}]`,
    );
  }

  /** @param name as of `checkService` */
  mayBeCalled(name: string): boolean {
    return this.#allowedServices === undefined || this.#allowedServices.has(name.toLowerCase());
  }

  /**
   * A page whose name its owner points at this machine (DNS rebinding) shows that name as the Host, and a browser sends
   * no Sec-Fetch fields to it. Where the target is absolute the router decides: only services may stand there.
   */
  #hostRefusal({ target, authority, fields }: ArrivedRequest): string | undefined {
    if (authority === undefined || authority === this.#lastOurs || !isOriginForm(target)) return undefined;
    const name = hostName(authority);
    const isAllowed = this.#rules.allowedHosts.some((allowed) => matchesHost(name, hostName(allowed)));
    if (isHiddenLoopback(name) && !isAllowed) return hiddenLoopbackRefusal(name, fields);
    if (isAllowed || isOurs(name, this.#rules)) {
      this.#lastOurs = authority;
      return undefined;
    }
    return (
      `The Host of this request, ${shown(name)}, is neither a name of this ambassador nor one of a service, so that a ` +
      `web page could have sent it. To let it in, configure: allowedHosts: [${quoted(name)}]`
    );
  }
}

function originRefusal(
  { fields, authority }: ArrivedRequest,
  { allowedOrigins }: StrangerRules,
): string | undefined {
  const site = fieldValue(fields, 'sec-fetch-site');
  // No page can set this field: the browser vouches for the page, also where a development server between them has
  // changed the Host.
  if (site === 'same-origin') return undefined;
  const origin = fieldValue(fields, 'origin');
  // A page on another port of localhost is `same-site`, and of another origin all the same.
  const byPage = site === 'cross-site' || site === 'same-site';
  if (!byPage && (origin === undefined || isOriginOf(origin, authority))) return undefined;
  if (allowedOrigins.includes('*')) return undefined;
  // Pictures, scripts and links have no Origin. A page can leave out its Referer, and not forge it.
  const page = origin ?? originOf(fieldValue(fields, 'referer'));
  if (page !== undefined && allowedOrigins.some((allowed) => sameOrigin(allowed, page))) return undefined;
  const who = page === undefined ? 'A web page of another origin' : `A web page of ${shown(page)}`;
  return (
    `${who} sent this request, and pages of other origins may not call services through the ambassador. ` +
    `To let it, configure: allowedOrigins: [${quoted(page ?? '*')}]`
  );
}

/** Whether no stranger can have a page at this host: a name of theirs is one that they can point here. */
function isOurs(name: string, { ownHosts, consulDomain }: StrangerRules): boolean {
  // Names without a dot are the local network's; an address cannot be pointed elsewhere.
  if (!name.includes('.') || isIP(name) !== 0 || numericAddress(name) !== undefined) return true;
  if (name.endsWith('.localhost') || name.endsWith(`.${consulDomain.toLowerCase()}`)) return true;
  return HOSTS_OF_CONTAINERS.has(name) || ownHosts.some((own) => own.toLowerCase() === name);
}

/** Of a browser alone: other clients may call this machine as they like. */
function hiddenLoopbackRefusal(name: string, fields: Fields): string | undefined {
  if (!mayBeUnseenPage(fieldValue(fields, 'user-agent'), fieldValue(fields, 'sec-fetch-site')))
    return undefined;
  return (
    `A browser does not say which web page sends a request to ${name}: call localhost or 127.0.0.1 instead. ` +
    `To let every page in, configure: allowedHosts: [${quoted(isIP(name) === 4 ? name : '*')}]`
  );
}

/** A path, or `*` (RFC 9112 §3.2.1, §3.2.4): then Host alone says where the request is to go. */
function isOriginForm(target: string): boolean {
  return target.startsWith('/') || target === '*';
}

function isOriginOf(origin: string, authority: string | undefined): boolean {
  const [, scheme] = /^(https?):\/\//i.exec(origin) ?? [];
  return authority !== undefined && scheme !== undefined && sameOrigin(origin, `${scheme}://${authority}`);
}

/** What a stranger wrote, in a sentence of ours. */
function shown(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

/** Undefined for every name. */
function setOf(names: readonly string[]): ReadonlySet<string> | undefined {
  return names.includes('*') ? undefined : new Set(names.map((name) => name.toLowerCase()));
}

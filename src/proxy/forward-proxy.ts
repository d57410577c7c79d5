// Where a client that uses the ambassador as its forward proxy (HTTP_PROXY) wants to go, by the host of an absolute
// target or of a CONNECT. Source: RFC 9112 §3.2.2, §3.2.3; curl's manual for NO_PROXY.

import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { isLoopbackHost } from '../net/address.ts';
import { hostName, matchesHost, portOf } from './host-pattern.ts';
import { readName, serviceOfHost } from './service-name.ts';

export interface ForwardProxyRules {
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
  /** Patterns of hosts that are no services and are carried nevertheless; see `matchesHost`. */
  readonly passThrough: readonly string[];
  /** Names of this machine beside its loopback addresses. */
  readonly ownHosts: readonly string[];
  /** The ports of ours that applications call. */
  readonly ownPorts: () => ReadonlySet<number>;
}

export type Destination =
  | { readonly kind: 'service'; readonly service: ServiceRef }
  /** The ambassador itself: the request names its service in another way. */
  | { readonly kind: 'own' }
  | DirectDestination;

/** No service: a host that `passThrough` names. */
export interface DirectDestination {
  readonly kind: 'direct';
  readonly host: string;
  readonly port: number;
}

const LONGEST_SHOWN = 100;

export class ForwardProxy {
  #rules: ForwardProxyRules;

  constructor(rules: ForwardProxyRules) {
    this.#rules = rules;
  }

  /** Decides by other rules from now on. */
  admit(rules: ForwardProxyRules): void {
    this.#rules = rules;
  }

  /**
   * @param authority a host with or without a port
   * @param defaultPort where it has none
   * @throws AmbassadorError `no_route` for what is neither a service nor let through, `unknown_service`
   */
  destination(authority: string, defaultPort: number): Destination {
    const { consulDomain, passThrough, ownPorts } = this.#rules;
    const name = hostName(authority);
    const port = portOf(authority) ?? defaultPort;
    if (this.#isOurs(name) && ownPorts().has(port)) return { kind: 'own' };
    // A final dot marks a name as complete (RFC 1034 §3.1): it is the same name.
    const host = authority.replace(/\.?(?::\d*)?$/, '');
    const direct: DirectDestination = { kind: 'direct', host: name, port };
    let service: ServiceRef | undefined;
    try {
      service = serviceOfHost(host, consulDomain);
    } catch (error) {
      // A name of Consul's that is no service's, such as a node's; "*" does not mean those.
      if (passThrough.some((pattern) => pattern !== '*' && matchesHost(name, pattern))) return direct;
      const { reason, message } = AmbassadorError.from(error);
      throw new AmbassadorError(reason, `${message} ${this.adviceFor(authority)}`);
    }
    if (service !== undefined) return { kind: 'service', service };
    const isPlain = isPlainName(name);
    if (passThrough.some((pattern) => (isPlain ? pattern === name : matchesHost(name, pattern)))) {
      return direct;
    }
    if (isPlain) return { kind: 'service', service: readName(host) };
    throw new AmbassadorError('no_route', this.#noService(authority));
  }

  /** A host that is let through; undefined for services, for ourselves and for what is refused. */
  directDestination(authority: string, defaultPort: number): DirectDestination | undefined {
    if (this.#rules.passThrough.length === 0) return undefined;
    try {
      const destination = this.destination(authority, defaultPort);
      return destination.kind === 'direct' ? destination : undefined;
    } catch {
      return undefined;
    }
  }

  /** What helps a client whose host turned out to be no service. */
  adviceFor(authority: string): string {
    const name = hostName(authority).slice(0, LONGEST_SHOWN);
    return (
      `For a host that is not a service, let the application call it directly (NO_PROXY=${name}), ` +
      `or have it carried by configuration: forwardProxy: { passThrough: [${JSON.stringify(name)}] }`
    );
  }

  #noService(authority: string): string {
    const shown = hostName(authority).slice(0, LONGEST_SHOWN);
    return (
      `The forward proxy carries calls to services (NAME.service.${this.#rules.consulDomain}), and ` +
      `${JSON.stringify(shown)} is none. ${this.adviceFor(authority)}`
    );
  }

  #isOurs(name: string): boolean {
    return isLoopbackHost(name) || this.#rules.ownHosts.some((own) => hostName(own) === name);
  }
}

/** One that only the local network could resolve, and that may be a service's. */
function isPlainName(name: string): boolean {
  return !name.includes('.') && !name.includes(':') && name !== 'localhost' && name !== '';
}

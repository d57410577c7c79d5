// TLS towards endpoints, as the configuration describes it: identities out of files, and a dialer for each setting. Loaded
// when a configuration first asks for TLS.

import type { TlsConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Dialer } from '../net/dial.ts';
import { EitherDialer } from '../net/tls/either-dialer.ts';
import type { IdentityFiles } from '../net/tls/identity-files.ts';
import { secureContext } from '../net/tls/secure-context.ts';
import { SessionCache } from '../net/tls/session-cache.ts';
import { TlsDialer } from '../net/tls/tls-dialer.ts';
import { WatchedIdentity } from './watched-identity.ts';

export interface EndpointTlsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly addresses: CallableAddresses;
  readonly plain: Dialer;
  /** Dialers asked for from now on use another identity than before. */
  readonly rotated: () => void;
}

export class EndpointTls {
  readonly #parts: EndpointTlsParts;
  readonly #identities = new Map<string, WatchedIdentity>();
  /** By setting; those of an identity go when it changes, and with them its contexts and sessions. */
  readonly #dialers = new Map<string, { readonly identity: string; readonly dialer: Dialer }>();

  constructor(parts: EndpointTlsParts) {
    this.#parts = parts;
  }

  /**
   * Reads the identity of a setting, unless it is read already.
   * @throws IdentityFault
   */
  async admit(setting: TlsConfig): Promise<void> {
    const key = identityKey(setting);
    if (this.#identities.has(key)) return;
    const identity = await WatchedIdentity.read(filesOf(setting), this.#parts);
    if (this.#identities.has(key)) return identity.close();
    this.#identities.set(key, identity);
    identity.subscribe(() => {
      this.#forget(key);
      this.#parts.rotated();
    });
    identity.watch();
  }

  /** Keeps what these settings need. */
  retain(settings: readonly TlsConfig[]): void {
    const identities = new Set(settings.map(identityKey));
    for (const [key, identity] of this.#identities) {
      if (identities.has(key)) continue;
      identity.close();
      this.#identities.delete(key);
    }
    const dialers = new Set(settings.map(settingKey));
    for (const key of this.#dialers.keys()) if (!dialers.has(key)) this.#dialers.delete(key);
  }

  /** The same dialer for the same setting, until its identity changes. */
  dialerFor(setting: TlsConfig): Dialer {
    const key = settingKey(setting);
    const known = this.#dialers.get(key);
    if (known !== undefined) return known.dialer;
    const dialer = this.#create(setting);
    this.#dialers.set(key, { identity: identityKey(setting), dialer });
    return dialer;
  }

  close(): void {
    for (const identity of this.#identities.values()) identity.close();
  }

  #create(setting: TlsConfig): Dialer {
    const identity = this.#identities.get(identityKey(setting))?.current();
    if (identity === undefined) throw new Error('The files of this TLS setting have not been read.');
    const secure = new TlsDialer({
      serverName: setting.serverName,
      subjectAltNames: setting.subjectAltNames,
      verify: setting.verify,
      minVersion: setting.minVersion,
      context: secureContext(identity, setting.minVersion),
      hasCertificate: identity.own !== undefined,
      sessions: new SessionCache(),
      clock: this.#parts.clock,
      addresses: this.#parts.addresses,
    });
    return setting.when === 'always' ? secure : new EitherDialer(secure, this.#parts.plain);
  }

  #forget(identity: string): void {
    for (const [key, dialer] of this.#dialers) if (dialer.identity === identity) this.#dialers.delete(key);
  }
}

function filesOf({ caFile, certFile, keyFile }: TlsConfig): IdentityFiles {
  return { caFile, certFile, keyFile };
}

function identityKey({ caFile, certFile, keyFile }: TlsConfig): string {
  return JSON.stringify([caFile, certFile, keyFile]);
}

function settingKey(setting: TlsConfig): string {
  const { serverName, subjectAltNames, minVersion, when, verify } = setting;
  return JSON.stringify([identityKey(setting), serverName, subjectAltNames, minVersion, when, verify]);
}

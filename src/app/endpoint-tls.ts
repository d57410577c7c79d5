// TLS towards endpoints, as the configuration describes it: identities out of files, and a dialer for each setting. Loaded
// when a configuration first asks for TLS.

import type { TlsConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { ConnectIdentity } from '../discovery/consul/connect-identity.ts';
import type { ConsulWatchDependencies } from '../discovery/consul/consul-watch.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';
import { EitherDialer } from '../net/tls/either-dialer.ts';
import type { IdentitySource } from '../net/tls/identity.ts';
import type { IdentityFiles } from '../net/tls/identity-files.ts';
import { isRegisteredSecure } from '../net/tls/registered-secure.ts';
import { secureContext } from '../net/tls/secure-context.ts';
import { SessionCache } from '../net/tls/session-cache.ts';
import { TlsDialer } from '../net/tls/tls-dialer.ts';
import { UnreadyDialer } from '../net/tls/unready-dialer.ts';
import { WatchedIdentity } from './watched-identity.ts';

/** Consul Connect, as far as it is known before a setting asks for it. */
export interface ConnectSetup {
  readonly watching: ConsulWatchDependencies;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  /** Whose certificate is shown unless a setting says so. */
  readonly as: string | undefined;
}

export interface EndpointTlsParts {
  readonly connect: ConnectSetup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly addresses: CallableAddresses;
  readonly plain: Dialer;
  /** Dialers asked for from now on use another identity than before. */
  readonly rotated: () => void;
}

export class EndpointTls {
  readonly #parts: EndpointTlsParts;
  readonly #identities = new Map<string, FollowedIdentity>();
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
    if (setting.mode !== 'files') {
      const { watching, ...scope } = this.#parts.connect;
      const identity = new ConnectIdentity({ ...scope, name: this.#nameOf(setting) }, watching);
      this.#follow(key, identity);
      return identity.start(FIRST_CERTIFICATE_MS);
    }
    const identity = await WatchedIdentity.read(filesOf(setting), this.#parts);
    if (this.#identities.has(key)) return identity.close();
    this.#follow(key, identity);
    identity.watch();
  }

  #follow(key: string, identity: FollowedIdentity): void {
    this.#identities.set(key, identity);
    identity.subscribe(() => {
      this.#forget(key);
      this.#parts.rotated();
    });
  }

  #nameOf({ connectAs = this.#parts.connect.as }: TlsConfig): string {
    if (connectAs === undefined) throw new Error('Nothing says whose certificate is shown.');
    return connectAs;
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
    const secure = this.#createSecure(setting);
    if (setting.mode === 'auto') return new EitherDialer(secure, this.#parts.plain, isInMesh);
    return setting.when === 'always'
      ? secure
      : new EitherDialer(secure, this.#parts.plain, isRegisteredSecure);
  }

  #createSecure(setting: TlsConfig): Dialer {
    const source = this.#identities.get(identityKey(setting));
    const identity = source?.current();
    if (identity === undefined) {
      if (setting.mode === 'files')
        return new UnreadyDialer(() => 'the files of its TLS setting cannot be used');
      const reason = () => source?.failure ?? 'Consul has not answered yet';
      return new UnreadyDialer(
        () => `there is no certificate of ${this.#nameOf(setting)} for Consul Connect yet: ${reason()}`,
      );
    }
    const { trustDomain } = identity;
    return new TlsDialer({
      serverName: setting.serverName,
      subjectAltNames: setting.subjectAltNames,
      connect: trustDomain === undefined ? undefined : { trustDomain, as: this.#nameOf(setting) },
      verify: setting.verify,
      minVersion: setting.minVersion,
      context: secureContext(identity, setting.minVersion),
      hasCertificate: identity.own !== undefined,
      expiresAt: identity.expiresAt,
      sessions: new SessionCache(),
      clock: this.#parts.clock,
      addresses: this.#parts.addresses,
    });
  }

  #forget(identity: string): void {
    for (const [key, dialer] of this.#dialers) if (dialer.identity === identity) this.#dialers.delete(key);
  }
}

/** How long is waited for Consul's certificates before a configuration that needs them counts, in milliseconds. */
const FIRST_CERTIFICATE_MS = 3_000;

interface FollowedIdentity extends IdentitySource {
  /** Why there is none yet. */
  readonly failure?: string | undefined;
  close(): void;
}

function filesOf({ caFile, certFile, keyFile }: TlsConfig): IdentityFiles {
  return { caFile, certFile, keyFile };
}

function isInMesh({ spiffePath }: DialTarget): boolean {
  return spiffePath !== undefined;
}

function identityKey({ mode, connectAs, caFile, certFile, keyFile }: TlsConfig): string {
  return JSON.stringify([mode === 'files', connectAs, caFile, certFile, keyFile]);
}

function settingKey(setting: TlsConfig): string {
  const { mode, serverName, subjectAltNames, minVersion, when, verify } = setting;
  return JSON.stringify([identityKey(setting), mode, serverName, subjectAltNames, minVersion, when, verify]);
}

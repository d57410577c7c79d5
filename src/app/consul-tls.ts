// TLS towards Consul, as the configuration describes it, with files that are followed. Loaded where its address is one of
// https.

import type { ConsulConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { consulHandshakeDetail } from '../discovery/consul/consul-handshake.ts';
import type { ConsulTls, ConsulTlsSettings } from '../discovery/consul/consul-tls.ts';
import { secureContext } from '../net/tls/secure-context.ts';
import type { WatchedIdentityParts } from './watched-identity.ts';
import { WatchedIdentity } from './watched-identity.ts';

export class FollowedConsulTls implements ConsulTls {
  readonly #setting: ConsulConfig['tls'];
  readonly #identity: WatchedIdentity;
  readonly #clock: Clock;
  #settings: ConsulTlsSettings | undefined;

  /** @throws IdentityFault */
  static async read(setting: ConsulConfig['tls'], parts: WatchedIdentityParts): Promise<FollowedConsulTls> {
    return new FollowedConsulTls(setting, await WatchedIdentity.read(setting, parts), parts.clock);
  }

  private constructor(setting: ConsulConfig['tls'], identity: WatchedIdentity, clock: Clock) {
    this.#setting = setting;
    this.#identity = identity;
    this.#clock = clock;
    identity.subscribe(() => {
      this.#settings = undefined;
    });
    identity.watch();
  }

  current(): ConsulTlsSettings {
    const { serverName, verify } = this.#setting;
    this.#settings ??= {
      secureContext: secureContext(this.#identity.current(), 'TLSv1.2'),
      rejectUnauthorized: verify,
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
    return this.#settings;
  }

  explain(error: Error): string | undefined {
    const { own, expiresAt } = this.#identity.current();
    const hasEnded = expiresAt !== undefined && expiresAt <= this.#clock.wallTime();
    return consulHandshakeDetail(error, {
      hasCertificate: own !== undefined,
      endedAt: hasEnded ? expiresAt : undefined,
    });
  }

  close(): void {
    this.#identity.close();
  }
}

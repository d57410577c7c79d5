// TLS towards the agent, as its connections need it. What implements it is loaded where Consul's address is one of https.

import type { SecureContext } from 'node:tls';

export interface ConsulTls {
  /**
   * With what connections are made from now on; another object than before where certificates were exchanged.
   * @throws Error when its files cannot be used
   */
  current(): ConsulTlsSettings;
  /** What the end of a connection means, and what to do; undefined where TLS had no part in it. */
  explain(error: Error): string | undefined;
  close(): void;
}

/** As node:https takes them. */
export interface ConsulTlsSettings {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  /** The name to ask for and to expect. Default: that of the address. */
  readonly servername?: string;
}

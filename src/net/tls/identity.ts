// Whom to trust, and who we are: what a handshake needs, and where it comes from.

/** Texts are PEM. */
export interface TlsIdentity {
  /** The certificates of the authorities to trust; undefined: those of the system. */
  readonly authorities: readonly string[] | undefined;
  /** Our own certificate with its chain, and its key; undefined: none is shown. */
  readonly own: { readonly certificate: string; readonly key: string } | undefined;
  /** When our own certificate ends, in milliseconds since the Unix epoch. */
  readonly expiresAt: number | undefined;
  /** From when it is valid, likewise. Default: not known. */
  readonly validFrom?: number | undefined;
  /** Within which endpoints have SPIFFE ids, in Consul's service mesh. Default: endpoints are known by other names. */
  readonly trustDomain?: string | undefined;
}

/** An identity that changes while connections stand: new ones use the newest. */
export interface IdentitySource {
  /** Undefined while there is none yet. */
  current(): TlsIdentity | undefined;
  /** @returns ends the subscription */
  subscribe(changed: () => void): () => void;
}

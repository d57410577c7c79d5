// What the agent says of Consul Connect's certificates: pure.
// Source: Consul docs, Connect HTTP API, "List roots" and "Service leaf certificate".

export interface ConnectRoots {
  /** PEM; those of authorities before the present one too, while Consul lists them. */
  readonly authorities: readonly string[];
  /** Such as `11111111-2222-3333-4444-555555555555.consul`. */
  readonly trustDomain: string;
}

export interface ConnectLeaf {
  readonly own: { readonly certificate: string; readonly key: string };
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Undefined when it is not what Consul documents. */
export function readRoots(body: unknown): ConnectRoots | undefined {
  const { TrustDomain: trustDomain, Roots: roots } = record(body);
  if (typeof trustDomain !== 'string' || trustDomain === '' || !Array.isArray(roots)) return undefined;
  const authorities = roots.flatMap((root) => {
    const { RootCert: certificate } = record(root);
    return typeof certificate === 'string' && certificate !== '' ? [certificate] : [];
  });
  return authorities.length === 0 ? undefined : { authorities, trustDomain };
}

/** Undefined when it is not what Consul documents. */
export function readLeaf(body: unknown): ConnectLeaf | undefined {
  const { CertPEM: certificate, PrivateKeyPEM: key, ValidBefore: validBefore } = record(body);
  const expiresAt = typeof validBefore === 'string' ? Date.parse(validBefore) : Number.NaN;
  if (typeof certificate !== 'string' || typeof key !== 'string' || Number.isNaN(expiresAt)) return undefined;
  return { own: { certificate, key }, expiresAt };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

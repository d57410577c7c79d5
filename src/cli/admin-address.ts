// Where a running ambassador's admin API is. Loads nothing: the health check of a container asks for it every few seconds.

export const DEFAULT_ADMIN = 'http://127.0.0.1:15001';

/** Names another address than the default to every command. */
export const ADMIN_VARIABLE = 'AMBASSADOR_ADMIN_ADDR';

/** The admin API could not be asked, or did not do what was asked; the message says why. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  /** The `reason` of the problem document, where there was one. */
  readonly reason: string | undefined;

  constructor(message: string, reason?: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The option `--admin`, else the variable, else the default: `http://HOST:PORT`, `HOST:PORT` or `unix:PATH`. An empty
 * variable counts as none.
 */
export function adminAddress(option: string | undefined, env: NodeJS.ProcessEnv): string {
  return option ?? (env[ADMIN_VARIABLE] || DEFAULT_ADMIN);
}

/** Where to connect to. */
export type AdminTarget =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly url: URL };

/** @returns what is wrong with it, where it is no address of an admin API */
export function adminTarget(address: string): AdminTarget | string {
  if (address.startsWith('unix:')) return { kind: 'unix', path: address.slice('unix:'.length) };
  // With the scheme that people leave out.
  const isBare = address.includes(':') && !/^[a-z]+:\/\//.test(address);
  const url = URL.parse(isBare ? `http://${address}` : address);
  if (url?.protocol === 'http:') return { kind: 'tcp', url };
  const meant = /^:?\d{1,5}$/.test(address) ? `; did you mean 127.0.0.1:${address.replace(':', '')}?` : '';
  return `--admin, or the variable ${ADMIN_VARIABLE}, expects an address such as 127.0.0.1:15001 or unix:PATH, without TLS, not ${address}${meant}`;
}

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

/** With the scheme that people leave out. */
export function withScheme(address: string): string {
  return address.includes(':') && !/^(https?|unix):/.test(address) ? `http://${address}` : address;
}

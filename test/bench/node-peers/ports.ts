/** The command line of every proxy on Node.js: its port, then those of the endpoints. */
export function portsGiven(): { readonly port: number; readonly origins: readonly string[] } {
  const [port = 0, ...endpoints] = process.argv.slice(2).map(Number);
  return { port, origins: endpoints.map((endpoint) => `http://127.0.0.1:${endpoint}`) };
}

/** As long as all the others keep an idle connection of a caller. */
export const KEEP_ALIVE_MS = 600_000;

export const PREFIX = '/payments';

/** A longer path is cut: enough to distinguish requests, and one request cannot fill a log. */
const LONGEST_PATH = 2_048;

/** What comes before the path of a target in absolute form. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The path of a request target in any of its forms (RFC 9112 §3.2), percent-encoded as it was sent. The query is left
 * out, and so is the authority of a request in absolute form: both may hold secrets.
 */
export function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : (ABSOLUTE.exec(target)?.[0].length ?? 0);
  const end = target.indexOf('?', start);
  const path = start === 0 && end === -1 ? target : target.slice(start, end === -1 ? undefined : end);
  if (path.length > LONGEST_PATH) return `${path.slice(0, LONGEST_PATH)}…`;
  return path === '' ? '/' : path;
}

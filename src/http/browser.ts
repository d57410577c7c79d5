// What gives a browser away that says nothing of the page for which it sends a request.

/** Of every browser, and no page can change it without a preflight (RFC 9110 §10.1.5). */
const USER_AGENT = /^Mozilla\//;

/**
 * Whether a web page may have sent it unseen: browsers send no Sec-Fetch fields to addresses that they do not trust, and no
 * Origin for a picture or a link.
 */
export function mayBeUnseenPage(userAgent: string | undefined, site: string | undefined): boolean {
  return site === undefined && userAgent !== undefined && USER_AGENT.test(userAgent);
}

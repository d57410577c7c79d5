// What may stand in Host, in `:authority` and in an absolute target. Source: RFC 9110 §7.2, RFC 3986 §3.2.2 and §3.2.3.

const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i;

/** A host with or without a port, or nothing; a user part is not allowed (RFC 9110 §4.2.4). */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

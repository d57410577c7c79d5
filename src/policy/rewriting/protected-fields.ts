// Header fields that no rule may change, since they say where a message ends, belong to one connection, or are the
// ambassador's own. Source: RFC 9110 §7.6.1, RFC 9112 §6, §9.

const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'upgrade',
  'http2-settings',
]);

const OF_THE_FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'expect',
]);

/** @returns why the field cannot be changed, and what to do instead where there is something; undefined when it can */
export function whyProtected(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (OF_THE_FRAMING.has(lower)) return 'expected another header: this one says where a message ends';
  if (OF_THE_CONNECTION.has(lower)) return 'expected another header: this one belongs to one connection only';
  if (lower.startsWith('x-ambassador-'))
    return "expected another header: x-ambassador-* are the ambassador's own";
  if (lower === 'host')
    return 'expected another header: what the endpoint sees as Host is said by the key host';
  if (lower === 'via') return 'expected another header: Via is left out by the key via';
  return undefined;
}

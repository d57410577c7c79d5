// A service as it is called, and the one key that stands for it: in the directory, the snapshot, the metrics, the
// admin API and the store of responses.

/** A service as a caller names it. Consul compares all three without regard to case. */
export interface ServiceRef {
  readonly name: string;
  /** Only instances with this tag; undefined for all. */
  readonly tag: string | undefined;
  /** Undefined for the datacenter that the service is looked for in by default. */
  readonly datacenter: string | undefined;
  /** Whether the name is a prepared query's. Default false. */
  readonly query?: true | undefined;
}

/** Consul takes any text for a name; longer ones are refused before anything is kept of them. UTF-16 code units. */
export const MAX_NAME_LENGTH = 255;

/** A name without tag and datacenter. */
export function serviceNamed(name: string): ServiceRef {
  return { name, tag: undefined, datacenter: undefined };
}

/** No datacenter's name has a dot. */
const QUERY_SUFFIX = '@.query';

/**
 * `NAME`, `NAME@DATACENTER`, or `NAME@.query` of a prepared query: whatever the tag, since a service called by tag is that service. No two services share
 * a label: `@` and `%` in a name stand percent-encoded, and no datacenter's name holds them.
 */
export function serviceLabel({
  name,
  datacenter,
  query,
}: Pick<ServiceRef, 'name' | 'datacenter' | 'query'>): string {
  const escaped = /[@%]/.test(name) ? name.replaceAll('%', '%25').replaceAll('@', '%40') : name;
  if (query === true) return `${escaped}${QUERY_SUFFIX}`;
  return datacenter === undefined ? escaped : `${escaped}@${datacenter}`;
}

/** The label without regard to case: what services are found by. */
export function serviceKey(ref: Pick<ServiceRef, 'name' | 'datacenter' | 'query'>): string {
  return serviceLabel(ref).toLowerCase();
}

/** What `serviceLabel` was made from. */
export function refOfLabel(label: string): ServiceRef {
  const isQuery = label.endsWith(QUERY_SUFFIX);
  const [name = '', datacenter] = label.split('@', 2);
  return {
    name: name.replaceAll('%40', '@').replaceAll('%25', '%'),
    tag: undefined,
    datacenter: isQuery ? undefined : datacenter,
    ...(isQuery ? { query: true } : {}),
  };
}

/** A name that may be compared with those of the registry: any text without control characters, of bounded length. */
export function isServiceName(name: string): boolean {
  // Dot segments would end up elsewhere in Consul's API (RFC 3986 §5.2.4).
  if (name === '' || name === '.' || name === '..') return false;
  return name.length <= MAX_NAME_LENGTH && !/\p{Cc}|\p{Cs}/u.test(name);
}

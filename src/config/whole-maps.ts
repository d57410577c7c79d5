// What may have been meant by a value alone where a map belongs, of maps of which no single key is the main one.

/** From the key of the map to what it would be, by the value. */
const WHOLE_MAPS: Readonly<Record<string, (value: string) => string>> = {
  failover: (service) => `failover: { to: [{ service: ${service} }] }`,
  shadow: (service) => `shadow: { to: ${service} }`,
  register: (name) => `register: { name: ${name}, port: 8080 }`,
  healthCheck: (path) => `healthCheck: { http: { path: ${path} } }`,
  http: (path) => `http: { path: ${path} }`,
  grpc: (service) => `grpc: { service: ${service} }`,
};

/** Keys whose value alone would be a path. */
const WITH_PATHS: ReadonlySet<string> = new Set(['healthCheck', 'http']);

/** What a health check may be of, as its value alone. */
const CHECKS: ReadonlySet<unknown> = new Set(['http', 'grpc', 'tcp']);

const NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;
const URL_PATH = /^\/[\w./-]{0,62}$/;

/** Such as `shadow: { to: fraud }` for `shadow: fraud`; undefined when nothing of the kind was meant. */
export function wholeMap(path: readonly (string | number)[], value: unknown): string | undefined {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  if (path.at(-2) === 'subsets' && typeof value === 'string' && NAME.test(value))
    return `${key}: { tags: [${value}] }`;
  if (key === 'healthCheck' && CHECKS.has(value)) return `${key}: { ${value}: {} }`;
  const write = Object.hasOwn(WHOLE_MAPS, key) ? WHOLE_MAPS[key] : undefined;
  if (write === undefined) return undefined;
  const isPath = WITH_PATHS.has(key);
  if (isPath && value === true) return write('/health');
  return typeof value === 'string' && (isPath ? URL_PATH : NAME).test(value) ? write(value) : undefined;
}

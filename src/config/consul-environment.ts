// Consul's own environment variables, as the Consul CLI and its Go client read them (hashicorp/consul, api/api.go),
// turned into the part of the file that says the same.

import type { ConfigProblem } from '../core/config-events.ts';
import type { Raw, RawMap } from './raw.ts';
import { isRawMap, pathKey } from './raw.ts';
import type { Environment } from './substitution.ts';

export interface EnvironmentLayer {
  /** The root of a file with nothing else in it. */
  readonly root: RawMap;
  /** Which variable says what stands at a path, by `pathKey`. */
  readonly origins: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigProblem[];
}

const TLS_VARIABLES = {
  CONSUL_CACERT: 'caFile',
  CONSUL_CAPATH: 'caPath',
  CONSUL_CLIENT_CERT: 'certFile',
  CONSUL_CLIENT_KEY: 'keyFile',
  CONSUL_TLS_SERVER_NAME: 'serverName',
} as const;

/** Each variable that counts, and the key that says the same in the file. */
export const CONSUL_VARIABLES: Readonly<Record<string, string>> = {
  CONSUL_HTTP_ADDR: 'consul.address',
  CONSUL_HTTP_TOKEN: 'consul.token',
  CONSUL_HTTP_TOKEN_FILE: 'consul.tokenFile',
  CONSUL_HTTP_SSL: 'https:// in consul.address',
  CONSUL_HTTP_SSL_VERIFY: 'consul.tls.verify',
  ...Object.fromEntries(Object.entries(TLS_VARIABLES).map(([name, key]) => [name, `consul.tls.${key}`])),
  CONSUL_NAMESPACE: 'consul.namespace',
  CONSUL_PARTITION: 'consul.partition',
};

type ConsulPath = readonly ['consul', string] | readonly ['consul', 'tls', string];

/** Go's strconv.ParseBool. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** What the environment says, less what the file says itself: an explicit setting wins. */
export function consulEnvironment(environment: Environment, file: Raw): EnvironmentLayer {
  const reader = new EnvironmentReader(environment);
  const written = isRawMap(file) && isRawMap(file['consul']) ? file['consul'] : {};
  if (!Object.hasOwn(written, 'address')) reader.address();
  // Both say who is asking: a token in the file must not be overruled by a token file of the environment.
  if (!Object.hasOwn(written, 'token') && !Object.hasOwn(written, 'tokenFile')) reader.token();
  reader.copy('CONSUL_NAMESPACE', ['consul', 'namespace']);
  reader.copy('CONSUL_PARTITION', ['consul', 'partition']);
  for (const [name, key] of Object.entries(TLS_VARIABLES)) reader.copy(name, ['consul', 'tls', key]);
  reader.verify();
  return reader.layer();
}

class EnvironmentReader {
  readonly #environment: Environment;
  readonly #consul = new Map<string, Raw>();
  readonly #tls = new Map<string, Raw>();
  readonly #origins = new Map<string, string>();
  readonly #problems: ConfigProblem[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  layer(): EnvironmentLayer {
    const tls = this.#tls.size === 0 ? {} : { tls: Object.fromEntries(this.#tls) };
    const consul = { ...Object.fromEntries(this.#consul), ...tls };
    return {
      root: Object.keys(consul).length === 0 ? {} : { consul },
      origins: this.#origins,
      problems: this.#problems,
    };
  }

  copy(name: string, path: ConsulPath): void {
    const value = this.#get(name);
    if (value !== undefined) this.#set(name, path, value);
  }

  /** The file wins over the text, as in Consul: it is what can be rotated. */
  token(): void {
    const name =
      this.#get('CONSUL_HTTP_TOKEN_FILE') === undefined ? 'CONSUL_HTTP_TOKEN' : 'CONSUL_HTTP_TOKEN_FILE';
    this.copy(name, ['consul', name === 'CONSUL_HTTP_TOKEN' ? 'token' : 'tokenFile']);
  }

  address(): void {
    const tls = this.#boolean('CONSUL_HTTP_SSL') === true;
    const written = this.#get('CONSUL_HTTP_ADDR');
    if (written === undefined) {
      if (tls) this.#set('CONSUL_HTTP_SSL', ['consul', 'address'], 'https://127.0.0.1:8500');
      return;
    }
    this.#set('CONSUL_HTTP_ADDR', ['consul', 'address'], withScheme(written, tls));
  }

  verify(): void {
    const verify = this.#boolean('CONSUL_HTTP_SSL_VERIFY');
    if (verify !== undefined) this.#set('CONSUL_HTTP_SSL_VERIFY', ['consul', 'tls', 'verify'], verify);
  }

  /** Empty is as good as unset. */
  #get(name: string): string | undefined {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return value === '' ? undefined : value;
  }

  #boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (TRUE.has(value)) return true;
    if (FALSE.has(value)) return false;
    const message = 'expected true or false';
    this.#problems.push({ file: 'environment', line: undefined, column: undefined, path: name, message });
    return undefined;
  }

  #set(name: string, path: ConsulPath, value: Raw): void {
    const [, key, tlsKey] = path;
    if (tlsKey === undefined) this.#consul.set(key, value);
    else this.#tls.set(tlsKey, value);
    this.#origins.set(pathKey(path), name);
  }
}

/** The file with the scheme that its `consul.address` leaves out, as Consul allows: `consul:8500`. */
export function withConsulScheme(file: Raw, environment: Environment): Raw {
  const consul = isRawMap(file) ? file['consul'] : undefined;
  const address = isRawMap(consul) ? consul['address'] : undefined;
  if (!isRawMap(file) || !isRawMap(consul) || typeof address !== 'string' || !HOST_AND_PORT.test(address))
    return file;
  const tls = TRUE.has(environment['CONSUL_HTTP_SSL'] ?? '');
  return { ...file, consul: { ...consul, address: withScheme(address, tls) } };
}

const HOST_AND_PORT = /^(?:[A-Za-z0-9._-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/;

/** TLS that was asked for is never taken back by an `http://`, as in Consul. */
function withScheme(address: string, tls: boolean): string {
  if (!address.includes('://')) return `${tls ? 'https' : 'http'}://${address}`;
  return tls ? address.replace(/^http:\/\//i, 'https://') : address;
}

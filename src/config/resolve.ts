// From what was written to what is in force: the file over the environment over the defaults, each service over
// `defaults`. Pure; every problem that can be found is found in one go.

import type { z } from 'zod';
import type { ConfigProblem } from '../core/config-events.ts';
import type { EnvironmentLayer } from './consul-environment.ts';
import { withConsulScheme } from './consul-environment.ts';
import { contradictions } from './contradictions.ts';
import { environmentLayer } from './environment-layer.ts';
import type { Complaint } from './explain.ts';
import { expectation, explain, explainUnknownKey } from './explain.ts';
import { fitToSchema } from './fit.ts';
import { knownKeys } from './json-schema.ts';
import { isWritten, locate, settingPath } from './locate.ts';
import { withoutOtherChecks } from './one-check.ts';
import { originsOf } from './origins.ts';
import { ConfigError, orderProblems } from './problem.ts';
import type { Path, Raw, RawMap } from './raw.ts';
import { isRawList, isRawMap, mergeRaw, pathKey } from './raw.ts';
import type { ShownConfig } from './redact.ts';
import { shownConfig } from './redact.ts';
import { configSchema, ROUTE_POLICY_KEYS, serviceName, serviceOptions } from './schema.ts';
import { withServerName } from './server-name.ts';
import type { Environment } from './substitution.ts';
import { withTcpDefaults } from './tcp-services.ts';
import { withTranslationDefaults } from './translated-services.ts';
import type { Config, ServiceConfig } from './types.ts';
import type { ConfigDocument } from './yaml-document.ts';

/** @throws ConfigError with every problem of the file and of the environment */
export function resolveConfig(document: ConfigDocument, environment: Environment): Config {
  return new Resolver(document, environment).resolve();
}

class Resolver {
  readonly #document: ConfigDocument;
  readonly #environment: EnvironmentLayer;
  readonly #root: Raw;
  readonly #complaints: Complaint[] = [];

  constructor(document: ConfigDocument, environment: Environment) {
    this.#document = document;
    const fitted = fitToSchema(document.root, (key) => document.substituted.has(key));
    const root = withConsulScheme(fitted, environment);
    this.#environment = environmentLayer(environment, root);
    this.#root = mergeRaw(this.#environment.root, root) ?? null;
  }

  resolve(): Config {
    const root = this.#rootMap();
    const { shape } = configSchema;
    this.#read(shape.$schema, root['$schema'], ['$schema']);
    const defaults = this.#read(shape.defaults, root['defaults'], ['defaults']);
    const parts = {
      consul: this.#read(shape.consul, root['consul'], ['consul']),
      configuration: this.#read(shape.configuration, root['configuration'], ['configuration']),
      listen: this.#read(shape.listen, root['listen'], ['listen']),
      register: this.#read(shape.register, root['register'], ['register']),
      listenTls: this.#read(shape.listenTls, root['listenTls'], ['listenTls']),
      allowedOrigins: this.#read(shape.allowedOrigins, root['allowedOrigins'], ['allowedOrigins']),
      allowedHosts: this.#read(shape.allowedHosts, root['allowedHosts'], ['allowedHosts']),
      allowedServices: this.#read(shape.allowedServices, root['allowedServices'], ['allowedServices']),
      forwardProxy: this.#read(shape.forwardProxy, root['forwardProxy'], ['forwardProxy']),
      admin: this.#read(shape.admin, root['admin'], ['admin']),
      discovery: this.#read(shape.discovery, root['discovery'], ['discovery']),
      defaultPolicy: defaults === undefined ? undefined : withServerName(defaults),
      services: this.#readServices(root),
      accessLog: this.#read(shape.accessLog, root['accessLog'], ['accessLog']),
      tracing: this.#read(shape.tracing, root['tracing'], ['tracing']),
      drain: this.#read(shape.drain, root['drain'], ['drain']),
      limits: this.#read(shape.limits, root['limits'], ['limits']),
      logLevel: this.#read(shape.logLevel, root['logLevel'], ['logLevel']),
    };
    this.#complaints.push(...contradictions(parts, (path) => isWritten(this.#document, path)));
    if (this.#problems().length > 0 || !isComplete(parts)) throw new ConfigError(this.#problems());
    const shown = shownConfig(withMergedServices(root));
    return { ...parts, ...shown, origins: originsOf(shown.shown, this.#document, this.#environment) };
  }

  #rootMap(): RawMap {
    if (!isRawMap(this.#root)) {
      this.#read(configSchema, this.#root, []);
      return {};
    }
    const known = knownKeys([]);
    for (const key of Object.keys(this.#root)) {
      if (!known.includes(key)) this.#complaints.push(explainUnknownKey([], key, this.#root[key]));
    }
    return this.#root;
  }

  #readServices(root: RawMap): ReadonlyMap<string, ServiceConfig> | undefined {
    const written = root['services'] ?? {};
    if (!isRawMap(written)) {
      this.#read(configSchema.shape.services, written, ['services']);
      return undefined;
    }
    const services = new Map<string, ServiceConfig>();
    for (const [name, value] of Object.entries(withMergedServices(root)['services'] ?? {})) {
      const path = ['services', name];
      const named = serviceName.safeParse(name);
      const message = named.error?.issues[0]?.message;
      if (message !== undefined) this.#complaints.push({ path, aboutKey: true, aboutFit: false, message });
      const read = this.#read(serviceOptions, value, path);
      if (read === undefined) continue;
      const {
        discover,
        listen = [],
        protocol,
        routes,
        subsets,
        split,
        failover,
        shadow,
        translate,
        ...policy
      } = read;
      const chain = { subsets, split, failover, shadow };
      services.set(name, {
        name,
        discover,
        listen,
        protocol,
        routes,
        ...chain,
        translate,
        policy: withServerName(policy),
      });
    }
    return services.size === Object.keys(written).length ? services : undefined;
  }

  #read<T>(schema: z.ZodType<T>, value: Raw | undefined, path: Path): T | undefined {
    const result = schema.safeParse(value, { error: expectation });
    if (result.success) return result.data;
    const variablesAt = (at: Path) => this.#variablesAt(at);
    this.#complaints.push(...explain(result.error.issues, { value, path, variablesAt }));
    return undefined;
  }

  #variablesAt(path: Path): readonly string[] | undefined {
    const key = pathKey(settingPath(this.#document, path));
    const origin = this.#environment.origins.get(key);
    return this.#document.substituted.get(key) ?? (origin === undefined ? undefined : [origin]);
  }

  #problems(): ConfigProblem[] {
    const located = this.#complaints.flatMap(
      (complaint) => locate(complaint, this.#document, this.#environment) ?? [],
    );
    return orderProblems([...this.#document.problems, ...this.#environment.problems, ...located]);
  }
}

/** What is shown of a configuration is made of its parts. */
type Shown = keyof ShownConfig | 'origins';

type Parts = { readonly [K in Exclude<keyof Config, Shown>]: Config[K] | undefined };

function isComplete(parts: Parts): parts is Omit<Config, Shown> {
  return Object.entries(parts).every(([key, part]) => part !== undefined || MAY_BE_ABSENT.has(key));
}

/** What is undefined where it is not configured. */
const MAY_BE_ABSENT: ReadonlySet<string> = new Set<keyof Parts>(['listenTls', 'register']);

/** With what `defaults` says put under each service, and what a service says put under each of its routes. */
function withMergedServices(root: RawMap): RawMap {
  const { defaults, services } = root;
  if (!isRawMap(services)) return root;
  const merged = Object.entries(services).map(([name, own]) => {
    const service = mergeRaw(isRawMap(defaults) ? withoutOtherChecks(defaults, own) : undefined, own) ?? null;
    return [name, withMergedRoutes(withTranslationDefaults(withTcpDefaults(service)))];
  });
  return { ...root, services: Object.fromEntries(merged) };
}

function withMergedRoutes(service: Raw): Raw {
  if (!isRawMap(service) || !isRawList(service['routes'])) return service;
  const own = Object.fromEntries(Object.entries(service).filter(([key]) => ROUTE_POLICY_KEYS.includes(key)));
  const routes = service['routes'].map((route) => (isRawMap(route) ? (mergeRaw(own, route) ?? null) : route));
  return { ...service, routes };
}

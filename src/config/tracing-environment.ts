// OpenTelemetry's own environment variables, as its SDKs read them (OpenTelemetry specification, "Environment Variable
// Specification" and "OpenTelemetry Protocol Exporter"), turned into the part of the file that says the same.

import type { ConfigProblem } from '../core/config-events.ts';
import type { EnvironmentLayer } from './consul-environment.ts';
import type { Path, Raw, RawMap } from './raw.ts';
import { isRawMap, pathKey, rawAt } from './raw.ts';
import type { Environment } from './substitution.ts';

/** Each variable that counts, and the key that says the same in the file. */
export const TRACING_VARIABLES: Readonly<Record<string, string>> = {
  OTEL_SDK_DISABLED: 'tracing.enabled: false',
  OTEL_TRACES_EXPORTER: 'tracing.enabled: false, unless it is otlp',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'tracing.otlp.tracesEndpoint',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'tracing.otlp.endpoint',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'tracing.otlp.protocol',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'tracing.otlp.protocol',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'tracing.otlp.headers',
  OTEL_EXPORTER_OTLP_HEADERS: 'tracing.otlp.headers',
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: 'tracing.otlp.timeout',
  OTEL_EXPORTER_OTLP_TIMEOUT: 'tracing.otlp.timeout',
  OTEL_TRACES_SAMPLER: 'tracing.parentBased, tracing.sample',
  OTEL_TRACES_SAMPLER_ARG: 'tracing.sample',
  OTEL_SERVICE_NAME: 'tracing.serviceName',
  OTEL_RESOURCE_ATTRIBUTES: 'tracing.resourceAttributes',
};

/** `arg`: the ratio is that of OTEL_TRACES_SAMPLER_ARG, 1 when that is not set. */
const SAMPLERS: Readonly<Record<string, { readonly parentBased: boolean; readonly sample: 0 | 1 | 'arg' }>> =
  {
    always_on: { parentBased: false, sample: 1 },
    always_off: { parentBased: false, sample: 0 },
    traceidratio: { parentBased: false, sample: 'arg' },
    parentbased_always_on: { parentBased: true, sample: 1 },
    parentbased_always_off: { parentBased: true, sample: 0 },
    parentbased_traceidratio: { parentBased: true, sample: 'arg' },
  };

/** What the environment says, less what the file says itself: an explicit setting wins. */
export function tracingEnvironment(environment: Environment, file: Raw): EnvironmentLayer {
  return new TracingEnvironment(environment, file).layer();
}

class TracingEnvironment {
  readonly #environment: Environment;
  readonly #file: Raw;
  readonly #tracing = new Map<string, Raw>();
  readonly #otlp = new Map<string, Raw>();
  readonly #origins = new Map<string, string>();
  readonly #problems: ConfigProblem[] = [];

  constructor(environment: Environment, file: Raw) {
    this.#environment = environment;
    this.#file = file;
  }

  layer(): EnvironmentLayer {
    this.#enabled();
    this.#endpoints();
    this.#sampler();
    this.#otlpValue('PROTOCOL', 'protocol', (text) => text);
    this.#otlpValue('TIMEOUT', 'timeout', (text) => (/^\d+$/.test(text) ? `${text}ms` : text));
    this.#otlpValue('HEADERS', 'headers', (text, name) => this.#pairs(text, name));
    this.#copy('OTEL_SERVICE_NAME', 'serviceName', (text) => text);
    this.#resource();
    const otlp: RawMap = this.#otlp.size === 0 ? {} : { otlp: Object.fromEntries(this.#otlp) };
    const tracing = { ...Object.fromEntries(this.#tracing), ...otlp };
    return {
      root: Object.keys(tracing).length === 0 ? {} : { tracing },
      origins: this.#origins,
      problems: this.#problems,
    };
  }

  #enabled(): void {
    const exporters = this.#get('OTEL_TRACES_EXPORTER')?.split(',') ?? ['otlp'];
    if (this.#get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') {
      this.#set('OTEL_SDK_DISABLED', ['tracing', 'enabled'], false);
    } else if (!exporters.some((exporter) => exporter.trim() === 'otlp')) {
      this.#set('OTEL_TRACES_EXPORTER', ['tracing', 'enabled'], false);
    }
  }

  /** Either key of the file says where spans go: neither variable may overrule it. */
  #endpoints(): void {
    if (
      this.#isWritten(['tracing', 'otlp', 'endpoint']) ||
      this.#isWritten(['tracing', 'otlp', 'tracesEndpoint'])
    ) {
      return;
    }
    for (const [name, key] of [
      ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'tracesEndpoint'],
      ['OTEL_EXPORTER_OTLP_ENDPOINT', 'endpoint'],
    ] as const) {
      const value = this.#get(name);
      if (value !== undefined) this.#set(name, ['tracing', 'otlp', key], value);
    }
  }

  #sampler(): void {
    const name = 'OTEL_TRACES_SAMPLER';
    const written = this.#get(name);
    if (written === undefined) return;
    if (this.#isWritten(['tracing', 'sample']) || this.#isWritten(['tracing', 'parentBased'])) return;
    const sampler = Object.hasOwn(SAMPLERS, written) ? SAMPLERS[written] : undefined;
    if (sampler === undefined) {
      this.#complain(name, `expected one of ${Object.keys(SAMPLERS).join(', ')}`);
      return;
    }
    this.#set(name, ['tracing', 'parentBased'], sampler.parentBased);
    if (sampler.sample === 'arg') this.#ratio();
    else this.#set(name, ['tracing', 'sample'], sampler.sample);
  }

  #ratio(): void {
    const name = 'OTEL_TRACES_SAMPLER_ARG';
    const written = this.#get(name);
    if (written === undefined) return;
    const ratio = Number(written);
    if (Number.isNaN(ratio)) this.#complain(name, 'expected a number from 0 to 1');
    else this.#set(name, ['tracing', 'sample'], ratio);
  }

  /** OTEL_SERVICE_NAME wins over a service.name among the attributes. */
  #resource(): void {
    const name = 'OTEL_RESOURCE_ATTRIBUTES';
    const written = this.#get(name);
    if (written === undefined) return;
    const { 'service.name': service, ...attributes } = this.#pairs(written, name);
    this.#setUnlessWritten(name, ['tracing', 'resourceAttributes'], attributes);
    if (service !== undefined && this.#get('OTEL_SERVICE_NAME') === undefined) {
      this.#setUnlessWritten(name, ['tracing', 'serviceName'], service);
    }
  }

  /** The variable for traces wins over the one for all signals. */
  #otlpValue(suffix: string, key: string, read: (text: string, name: string) => Raw): void {
    for (const name of [`OTEL_EXPORTER_OTLP_TRACES_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`]) {
      const written = this.#get(name);
      if (written === undefined) continue;
      this.#setUnlessWritten(name, ['tracing', 'otlp', key], read(written, name));
      return;
    }
  }

  #copy(name: string, key: string, read: (text: string) => Raw): void {
    const written = this.#get(name);
    if (written !== undefined) this.#setUnlessWritten(name, ['tracing', key], read(written));
  }

  /** `key=value,key2=value2`, percent-encoded (W3C Baggage, without its properties). */
  #pairs(text: string, name: string): Record<string, string> {
    const pairs: Record<string, string> = {};
    for (const pair of text.split(',')) {
      if (pair.trim() === '') continue;
      const equals = pair.indexOf('=');
      try {
        if (equals < 1) throw new URIError();
        pairs[decodeURIComponent(pair.slice(0, equals).trim())] = decodeURIComponent(
          pair.slice(equals + 1).trim(),
        );
      } catch {
        this.#complain(name, 'expected key=value pairs with commas between them, percent-encoded');
        return {};
      }
    }
    return pairs;
  }

  #setUnlessWritten(name: string, path: Path, value: Raw): void {
    if (!this.#isWritten(path)) this.#set(name, path, value);
  }

  #set(name: string, path: Path, value: Raw): void {
    const key = String(path.at(-1));
    if (path.length === 2) this.#tracing.set(key, value);
    else this.#otlp.set(key, value);
    this.#origins.set(pathKey(path), name);
    if (isRawMap(value)) {
      for (const child of Object.keys(value)) this.#origins.set(pathKey([...path, child]), name);
    }
  }

  /** Empty is as good as unset. */
  #get(name: string): string | undefined {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return value === '' ? undefined : value;
  }

  #isWritten(path: Path): boolean {
    return rawAt(this.#file, path) !== undefined;
  }

  #complain(name: string, message: string): void {
    this.#problems.push({ file: 'environment', line: undefined, column: undefined, path: name, message });
  }
}

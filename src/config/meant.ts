// What may have been meant by a key that there is not, and by a value where a map belongs: the same setting under its name and
// in its place here.

import { nearest } from '../core/nearest.ts';
import { duration } from '../schema/fields.ts';
import type { JsonSchema } from './json-schema.ts';
import { alternatives, knownKeys, schemasAt } from './json-schema.ts';
import { hintOfSection } from './other-names.ts';
import type { Path, Raw } from './raw.ts';
import { formatPath, isRawMap, quoteKey } from './raw.ts';
import { likelyValue } from './slips.ts';
import { wholeMap } from './whole-maps.ts';

/** How deep a setting may stand below the key that was written for it. */
const DEEPEST = 3;

/** Names of other tools for a setting, in small letters without dashes and underscores, and where it is below a service. */
const OTHER_NAMES: readonly (readonly [names: string, ...path: string[]])[] = [
  ['retries maxretries numretries retrycount retrylimit retrypolicy', 'retry', 'attempts'],
  ['timeouts requesttimeout calltimeout', 'timeout', 'request'],
  ['pertrytimeout attempttimeout', 'timeout', 'perTry'],
  ['connecttimeout connectiontimeout', 'timeout', 'connect'],
  ['lb lbpolicy balancer loadbalancing loadbalancerpolicy', 'loadBalancer', 'policy'],
  ['breaker circuit', 'circuitBreaker'],
  ['ejection outlier outliers passivehealthcheck', 'outlierDetection'],
  ['healthchecks activehealthcheck livenessprobe', 'healthCheck'],
  ['ratelimiting limiter', 'rateLimit'],
  ['maxconcurrency maxconcurrent maxparallel', 'bulkhead', 'maxRequests'],
  ['mirror chaos faultinjection', 'faults'],
  [
    'url urls uri host hosts address addresses upstream target targets servers nodes',
    'discover',
    'endpoints',
  ],
];

/** The same for the whole file. */
const OTHER_NAMES_AT_THE_TOP: readonly (readonly [names: string, ...path: string[]])[] = [
  ['port ports listener listeners bind address proxy', 'listen'],
  ['upstreams clusters backends routes service', 'services'],
  ['consuladdr consuladdress consulurl consulhost agent', 'consul', 'address'],
  ['log loglevel logging level verbosity', 'logLevel'],
  ['accesslogs requestlog', 'accessLog'],
  ['api dashboard management metrics', 'admin'],
  ['shutdown gracefulshutdown graceperiod shutdowntimeout', 'drain', 'timeout'],
  ['otlp otel opentelemetry traces trace', 'tracing', 'otlp'],
  ['global default policy policies', 'defaults'],
];

/** What a map is mostly about, so that its value may have been written alone. */
const MAIN_KEYS = [
  'attempts',
  'request',
  'policy',
  'maxRequests',
  'address',
  'listen',
  'timeout',
  'window',
  'enabled',
];

/** What stands in these belongs to a service and to all of them. */
const POLICY_SECTIONS = 'under defaults, or under a service';

/** What to say of an unknown key, with what it may have meant. */
export function keyHint(path: Path, key: string, value: Raw | undefined): string {
  const [section, parent] = path.filter((step) => typeof step === 'string').toReversed();
  const ofSection = hintOfSection(section, parent, key);
  if (ofSection !== undefined) return ofSection;
  const known = knownKeys(path);
  const slip = nearest(key, known);
  const below = otherName(path, key) ?? (slip === undefined ? settingBelow(path, key) : undefined);
  if (below !== undefined) return writtenAs(path, below, value);
  if (slip !== undefined) return `did you mean ${quoteKey(slip)}?`;
  const above = path.length > 0 && knownKeys([]).includes(key);
  if (above) return `${key} stands at the top of the file`;
  if (known.length === 0 && section !== undefined) return `there are none here; write ${section}: {}`;
  return `known are ${known.toSorted().join(', ')}`;
}

function otherName(path: Path, key: string): Path | undefined {
  if (path.length === 0) return named(OTHER_NAMES_AT_THE_TOP, key) ?? policyAtTheTop(key);
  const below = isPolicyPath(path) ? named(OTHER_NAMES, key) : undefined;
  return below !== undefined && schemasAt([...path, ...below]).length > 0 ? below : undefined;
}

function named(names: typeof OTHER_NAMES, key: string): Path | undefined {
  const plain = key.toLowerCase().replaceAll(/[-_]/g, '');
  const [, ...path] = names.find(([written]) => written.split(' ').includes(plain)) ?? [''];
  return path.length > 0 ? path : undefined;
}

/** What belongs to services, written beside them. */
function policyAtTheTop(key: string): Path | undefined {
  const known = knownKeys(['defaults']);
  const below = known.includes(key) ? [key] : named(OTHER_NAMES, key);
  return below !== undefined && known.includes(String(below[0])) ? ['defaults', ...below] : undefined;
}

/** `defaults`, a service, or one of its routes. */
function isPolicyPath(path: Path): boolean {
  return path[0] === 'defaults' ? path.length === 1 : path[0] === 'services' && path.length > 1;
}

/** The nearest setting of this name below a map; undefined when there are several as near, which would be guessing. */
function settingBelow(path: Path, key: string): Path | undefined {
  let level: readonly Path[] = [[]];
  for (let depth = 1; depth <= DEEPEST; depth++) {
    const next = level.flatMap((below) => knownKeys([...path, ...below]).map((name) => [...below, name]));
    const found = next.filter((below) => below.length > 1 && below.at(-1) === key);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
    level = next;
  }
  return undefined;
}

function writtenAs(path: Path, below: Path, value: Raw | undefined): string {
  const where = path.length === 0 && below[0] === 'defaults' ? ` ${POLICY_SECTIONS}` : '';
  const inside = where === '' ? below : below.slice(1);
  const whole = value === undefined ? undefined : meantFor([...path, ...below], value);
  if (whole !== undefined) return `write ${nested([...inside, ...whole.below], whole.value)}${where}`;
  return where === '' ? `did you mean ${formatPath(inside)}?` : `${formatPath(inside)} stands${where}`;
}

/**
 * The map with the one key of it that a value was meant for: `retry: { attempts: 2 }` for `retry: 2`; undefined when there is
 * none.
 */
export function mapMeant(path: Path, value: Raw): string | undefined {
  const name = path.at(-1);
  if (typeof name !== 'string' || isRawMap(value)) return undefined;
  const whole = wholeMap(path, value);
  if (whole !== undefined) return whole;
  const schemas = schemasAt(path);
  const isSwitch = schemas.some((schema) => schema.const === false);
  const word = switchWord(value);
  if (isSwitch && word === false && value !== false) return `${quoteName(name)}: false`;
  const meant = meantFor(path, value);
  if (meant !== undefined) return nested([name, ...meant.below], meant.value);
  const mayBeEmpty =
    isSwitch || schemas.some(({ type, required = [] }) => type === 'object' && required.length === 0);
  return (word === true && mayBeEmpty) || (value === null && isSwitch) ? `${quoteName(name)}: {}` : undefined;
}

/** What switches something on or off, in whatever words; undefined for anything else. */
function switchWord(value: Raw): boolean | undefined {
  const word = String(value).toLowerCase();
  if (['true', 'on', 'yes', 'enabled'].includes(word)) return true;
  return ['false', 'off', 'no', 'none', 'disabled'].includes(word) ? false : undefined;
}

interface Meant {
  /** Below the path that was asked about. */
  readonly below: Path;
  readonly value: string;
}

/** Where a scalar was meant to stand, and as what: at a path, or under the key that its map is mostly about. */
function meantFor(path: Path, value: Raw): Meant | undefined {
  const places: readonly Path[] = [[], ...MAIN_KEYS.map((key) => [key])];
  // As it was written it may fit a later one.
  for (const read of [valueAsWritten, nearestValue]) {
    for (const below of places) {
      const meant = read(value, schemasAt([...path, ...below]).flatMap(alternatives));
      if (meant !== undefined) return { below, value: meant };
    }
  }
  return undefined;
}

function valueAsWritten(value: Raw, schemas: readonly JsonSchema[]): string | undefined {
  return fits(value, schemas) ? String(value) : undefined;
}

/** Seconds for a number, and the nearest of several choices. */
function nearestValue(value: Raw, schemas: readonly JsonSchema[]): string | undefined {
  const isDuration = schemas.some(({ title }) => title === 'duration');
  if (typeof value === 'number') {
    return isDuration && duration().safeParse(`${value}s`).success ? `${value}s` : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const choices = schemas.flatMap((schema) => schema.enum ?? []).map(String);
  return nearest(value, choices) ?? (isDuration ? likelyValue(value, ['duration']) : undefined);
}

/** `{ retry: { attempts: 2 } }` without the outer braces. */
function nested(path: Path, value: string): string {
  return path.reduceRight<string>((inside, step, index) => {
    const pair = `${quoteName(String(step))}: ${inside}`;
    return index === 0 ? pair : `{ ${pair} }`;
  }, value);
}

function quoteName(name: string): string {
  return /^[\w$.-]+$/.test(name) ? name : quoteKey(name);
}

/** Whether a scalar is of a kind that is not mistaken for another, and that no secret has. */
function fits(value: Raw, schemas: readonly JsonSchema[]): boolean {
  return schemas.some(({ title, type, enum: choices, const: only, minimum, maximum }) => {
    if (typeof value === 'boolean') return type === 'boolean' && only === undefined;
    if (typeof value === 'number') {
      const isNumber = type === 'number' || (type === 'integer' && Number.isInteger(value));
      return isNumber && value >= (minimum ?? value) && value <= (maximum ?? value);
    }
    if (typeof value !== 'string') return false;
    if (title === 'duration') return duration().safeParse(value).success;
    if (title === 'URL or host:port') return /^(https?:\/\/)?[\w.-]+:\d+$/.test(value);
    if (title === 'address') return /^(127\.0\.0\.1|\[::1\]|localhost):\d+$/.test(value);
    return choices?.includes(value) === true;
  });
}

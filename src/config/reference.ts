// docs/configuration.md, made from the JSON Schema, so that it can never say anything else than the program does.

import { CONSUL_VARIABLES } from './consul-environment.ts';
import type { JsonSchema } from './json-schema.ts';
import { alternatives, configJsonSchema } from './json-schema.ts';
import { TRACING_VARIABLES } from './tracing-environment.ts';

const INTRODUCTION = `# Configuration

One file, YAML or JSON, named with \`-c FILE\`; without a file, everything below has its default.
\`ambassador check -c FILE\` says what is wrong with a file, and \`ambassador schema\` prints the JSON Schema that editors use.
This page is made from that schema (\`npm run docs\`).

- **Durations** carry their unit: \`250ms\`, \`5s\`, \`1.5m\`, \`1h\`. **Sizes** too: \`512B\`, \`64KiB\`, \`32MiB\`.
- **Addresses** are \`host:port\`, with IPv6 in brackets (\`[::1]:15000\`), or \`unix:/path\`. Port 0 lets the system choose one.
- **Variables**: \`\${NAME}\` in a value is replaced by that environment variable, \`\${NAME:-default}\` by the default when it is unset or empty. A variable that is not set is an error. \`$$\` is a dollar sign. Within \`{ }\` and \`[ ]\` put quotes around it.
- **Secrets** never appear in logs, error messages or the admin API. Prefer \`tokenFile\`, which can be rotated.
- **Reload**: the file is read again when it changes, on SIGHUP and by \`POST /api/config/reload\`. One with mistakes is refused and the old one stays. What is under \`consul\`, \`configuration\`, \`register\` and \`tracing\`, \`admin.listen\`, \`discovery.snapshotFile\` and \`limits.requestHeaders\` counts only after a restart; variables are those of the process when it started.
- A key that is not known is an error, so that a typing mistake cannot pass for a setting. Keys that begin with \`x-\` are your own, for notes and YAML anchors (\`x-slow: &slow { request: 60s }\`, then \`timeout: *slow\`); below \`services\` they are names of services, and below \`headers\` fields that belong under \`set\` or \`add\`.
`;

const CONSUL_ENVIRONMENT = `## Consul's environment variables

They count as they do for the \`consul\` command: what the file says wins over them, and they win over the defaults.
\`CONSUL_HTTP_ADDR\`, like \`consul.address\`, may be \`host:port\` (https with \`CONSUL_HTTP_SSL\`, else http), \`http://…\`, \`https://…\` or \`unix://…\`. A token file wins over a token, and a token of either kind in the file over both.
`;

const TRACING_ENVIRONMENT = `## OpenTelemetry's environment variables

They count as they do for OpenTelemetry's SDKs: what the file says wins over them, and they win over the defaults. A variable for traces wins over the one for all signals.
Spans are sent over HTTP; the protocol \`grpc\` is an error. Of \`OTEL_TRACES_SAMPLER\` the six samplers of the specification are known.
`;

const SERVICE_KEYS = `Each key below \`services\` is the name that callers use. A service takes every key of \`defaults\` as well; what it leaves out is as \`defaults\` says. Maps are merged key by key, lists are replaced, and \`false\` switches off what was inherited (\`hedging: false\`).
`;

export function configReference(): string {
  const root = configJsonSchema();
  const { defaults = {} } = root.properties ?? {};
  const policyKeys = new Set(Object.keys(defaults.properties ?? {}));
  const sections = describeMap('', root, new Set());
  const services = root.properties?.['services'];
  const service = services?.additionalProperties;
  if (services !== undefined && typeof service === 'object') {
    sections.push(`## services\n\n${services.description ?? ''}\n\n${SERVICE_KEYS}`);
    sections.push(...describeMap('services.NAME', service, policyKeys));
  }
  sections.push(describeVariables(CONSUL_ENVIRONMENT, CONSUL_VARIABLES));
  sections.push(describeVariables(TRACING_ENVIRONMENT, TRACING_VARIABLES));
  return [INTRODUCTION, ...sections].join('\n');
}

function describeVariables(about: string, variables: Readonly<Record<string, string>>): string {
  const rows = Object.entries(variables).map(([name, key]) => `| \`${name}\` | ${key} |`);
  return `${about}\n| Variable | The same in the file |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** A section with a table of the map's plain keys, then a section for each map in it. */
function describeMap(path: string, schema: JsonSchema, without: ReadonlySet<string>): string[] {
  const entries = Object.entries(schema.properties ?? {}).filter(([key]) => !without.has(key));
  const nested = entries.flatMap(([key, child]) => {
    const below = path === '' ? key : `${path}.${key}`;
    const sections = [...describeChoice(below, mapsIn(child), withSwitch(child))];
    for (const { items } of alternatives(child)) {
      if (items !== undefined) sections.push(...describeChoice(`${below}[]`, mapsIn(items), undefined));
    }
    const { additionalProperties: named } = child;
    if (path !== '' && typeof named === 'object') {
      sections.push(...describeChoice(`${below}.NAME`, mapsIn(named), child.description));
    }
    return sections;
  });
  const rows = entries
    .filter(([, child]) => mapsIn(child).length === 0 && !isMapOfMaps(child))
    .map(describeKey);
  const depth = path === '' ? 1 : path.split('.').length;
  const heading = path === '' ? '## Top level' : `${'#'.repeat(Math.min(6, depth + 1))} ${path}`;
  const about = path === '' || schema.description === undefined ? [] : [schema.description];
  const table = [['| Key | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')];
  return [`${[heading, ...about, ...(rows.length > 0 ? table : [])].join('\n\n')}\n`, ...nested];
}

/** Maps of which one is chosen, as one section with the keys of all. */
function describeChoice(
  path: string,
  maps: readonly JsonSchema[],
  description: string | undefined,
): string[] {
  if (maps.length === 0) return [];
  const properties = Object.fromEntries(maps.flatMap((map) => Object.entries(map.properties ?? {})));
  const about = description ?? maps[0]?.description;
  return describeMap(
    path,
    about === undefined ? { properties } : { properties, description: about },
    new Set(),
  );
}

function withSwitch(schema: JsonSchema): string | undefined {
  const { description } = schema;
  if (description === undefined || !alternatives(schema).some((form) => form.const === false))
    return description;
  return `${description} \`false\` switches it off, also where it is inherited.`;
}

/** The maps with fixed keys that a value may be. */
function mapsIn(schema: JsonSchema): JsonSchema[] {
  return alternatives(schema).filter(({ properties }) => properties !== undefined);
}

function isMapOfMaps({ additionalProperties }: JsonSchema): boolean {
  return typeof additionalProperties === 'object' && mapsIn(additionalProperties).length > 0;
}

function describeKey([key, schema]: [string, JsonSchema]): string {
  const fallback = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
  const cells = [`\`${key}\``, describeType(schema), fallback, schema.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function describeType(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(describeType))].join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.items !== undefined) return `list of ${describeItems(schema.items)}`;
  if (schema.title !== undefined) return schema.title;
  switch (schema.type) {
    case 'integer':
      return `whole number${describeRange(schema)}`;
    case 'number':
      return `number${describeRange(schema)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'string':
      return 'text';
    default:
      return typeof schema.additionalProperties === 'object'
        ? `map of ${describeItems(schema.additionalProperties)}`
        : 'map';
  }
}

const PLURALS: Readonly<Record<string, string>> = { address: 'addresses', text: 'texts' };

function describeItems(items: JsonSchema): string {
  if (items.properties !== undefined) return 'maps';
  const type = describeType(items);
  return PLURALS[type] ?? type;
}

function describeRange({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ` from ${minimum}`
    : ` ${minimum} to ${maximum}`;
}

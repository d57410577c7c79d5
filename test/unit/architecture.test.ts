// The rules of the layout that CONTRIBUTING.md states, held by reading the source.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const SRC = resolve(import.meta.dirname, '../../src');

/**
 * From the lowest to the highest, folders and single files that stand apart from theirs. A file may import from its
 * own folder in its own layer, and from lower layers.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['schema'],
  ['net'],
  ['endpoint'],
  ['core/events.ts'],
  ['http'],
  ['discovery', 'balancer', 'outlier', 'policy'],
  ['upstream', 'chain', 'registration', 'translate'],
  ['config'],
  ['service'],
  ['proxy'],
  ['listener', 'observe'],
  ['admin'],
  ['dashboard'],
  ['app'],
  ['demo', 'doctor'],
  ['cli'],
  ['main.ts'],
];

/** Each foreign package is known to as few files as can be. */
const IMPORTERS: Readonly<Record<string, RegExp>> = {
  consul: /^discovery\/consul\/consul-client\.ts$/,
  cockatiel: /^policy\/breaker\/cockatiel-/,
  undici: /^observe\/tracing\/otlp-receiver\.ts$/,
  fastify: /^(admin\/|dashboard\/(dashboard|docs)-routes\.ts)/,
  'prom-client': /^observe\/metrics\//,
  '@opentelemetry': /^observe\/tracing\/otlp-encoder\.ts$/,
  pino: /^observe\/log\//,
  'pino-pretty': /^observe\/log\//,
  yaml: /^config\//,
  fflate: /^demo\//,
  'lit-html': /^dashboard\/browser\//,
  uplot: /^dashboard\/browser\/charts\//,
  '@bufbuild/protobuf': /^(translate|demo)\//,
  zod: /^(schema|config)\/|options\.ts$|^net\/listen-address\.ts$|^admin\/openapi\/|^demo\/endpoint-view\.ts$/,
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourceFiles(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(SRC, path), 'utf8');
      const imports = [...text.matchAll(/(?:from|import) '([^']+)'/g)].map(([, specifier = '']) => specifier);
      return { path, text, imports };
    });
}

function layerOf(path: string): number {
  const apart = LAYERS.findIndex((layer) => layer.includes(path));
  return apart === -1 ? LAYERS.findIndex((layer) => layer.includes(folderOf(path))) : apart;
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function localImports({ path, imports }: SourceFile): string[] {
  return imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(SRC, resolve(SRC, dirname(path), specifier)));
}

const files = sourceFiles();

test('every file stands in a layer', () => {
  for (const { path } of files) assert.notEqual(layerOf(path), -1, path);
});

test('imports point downwards, and siblings do not know each other', () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const imported of localImports(file)) {
      const difference = layerOf(imported) - layerOf(file.path);
      const isOwn = difference === 0 && folderOf(imported) === folderOf(file.path);
      if (difference >= 0 && !isOwn) wrong.push(`${file.path} imports ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('each room of observe listens for itself', () => {
  const roomOf = (path: string) =>
    path.startsWith('observe/') ? path.split('/').slice(1, -1).join('/') : '';
  const wrong = files.flatMap((file) =>
    localImports(file)
      .filter((imported) => roomOf(file.path) !== '' && imported.startsWith('observe/'))
      .filter((imported) => roomOf(imported) !== roomOf(file.path))
      .map((imported) => `${file.path} imports ${imported}`),
  );
  assert.deepEqual(wrong, []);
});

test('no import goes round in a circle', () => {
  const graph = new Map(files.map((file) => [file.path, localImports(file)]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(path), [...trail, path].join(' → '));
    if (done.has(path)) return;
    for (const imported of graph.get(path) ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

test('each foreign package is imported only by its adapter', () => {
  const wrong: string[] = [];
  for (const { path, imports } of files) {
    for (const specifier of imports) {
      const name = Object.keys(IMPORTERS).find(
        (name) => specifier === name || specifier.startsWith(`${name}/`),
      );
      if (name !== undefined && IMPORTERS[name]?.test(path) === false)
        wrong.push(`${path} imports ${specifier}`);
      const known = specifier.startsWith('.') || specifier.startsWith('node:') || name !== undefined;
      if (!known) wrong.push(`${path} imports ${specifier}, whose adapter is not named in this test`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the page takes only types from outside its folder', () => {
  const wrong = files
    .filter(({ path }) => path.startsWith('dashboard/browser/'))
    .flatMap((file) => {
      const typeOnly = new Set(
        [...file.text.matchAll(/(?:import|export) type [^;]*from '([^']+)'/g)].map(([, from]) => from),
      );
      return file.imports
        .filter((specifier) => specifier.startsWith('.') && !typeOnly.has(specifier))
        .map((specifier) => relative(SRC, resolve(SRC, dirname(file.path), specifier)))
        .filter((imported) => !imported.startsWith('dashboard/browser/'))
        .map((imported) => `${file.path} imports ${imported}`);
    });
  assert.deepEqual(wrong, []);
});

test('time and chance come in as parameters', () => {
  const wrong = files
    .filter(({ path }) => !/^(core|cli|demo|dashboard\/browser)\/|^main\.ts$/.test(path))
    .filter(({ text }) =>
      /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval)\(|new Date\(\)/.test(text),
    )
    .map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

test('the fetch of Node.js fetch is not loaded along with node:http, whose import evaluates what it exports', () => {
  const wrong = files
    .filter(({ path }) => !/^demo\/|^http\/node-http\.ts$/.test(path))
    .filter(({ text }) => /^import (?!type\b)[^;]*from 'node:https?';/m.test(text))
    .map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

/** Every file and package that is loaded with this one, by imports that are no types and not written as a call. */
function loadedWith(start: string): ReadonlySet<string> {
  const valueImports = ({ path, text }: SourceFile) =>
    [...text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gms)].map(([, specifier = '']) =>
      specifier.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), specifier)) : specifier,
    );
  const graph = new Map(files.map((file) => [file.path, valueImports(file)]));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const imported of graph.get(path) ?? []) visit(imported);
  };
  visit(start);
  return reached;
}

test('what a running proxy loads late it loads so that want of descriptors does not matter, by the name of its type', () => {
  const isCommand = (path: string): boolean => /^(?:cli|demo|doctor)\/|^main\.ts$/.test(path);
  const asynchronous = files
    .filter(({ path }) => !isCommand(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/(?<!typeof )\bimport\('(\.[^']+)'\)/g)].map(([, late]) => `${path} imports ${late}`),
    );
  assert.deepEqual(asynchronous, []);
  const calls = files.flatMap(({ path, text }) =>
    [...text.matchAll(/loadModule<typeof import\('([^']+)'\)>\(\s*'([^']+)',\s*import\.meta\.url/g)].map(
      ([, type = '', named]) => ({ path, type, named }),
    ),
  );
  assert.ok(calls.length > 10);
  for (const { path, type, named } of calls) {
    assert.equal(named, type, path);
    const late = relative(SRC, resolve(SRC, dirname(path), type));
    assert.ok(
      files.some((file) => file.path === late),
      `${path} loads ${late}`,
    );
  }
  const written = files.flatMap(({ text }) => [...text.matchAll(/loadModule</g)]).length;
  assert.equal(
    calls.length,
    written - 1,
    'each call names the type and the file, and one is the function itself',
  );
});

test('a running proxy loads neither the schema library nor what reads YAML', () => {
  const reached = loadedWith('cli/run.ts');
  assert.ok(reached.has('app/build.ts') && reached.has('fastify'), 'the imports are followed');
  for (const heavy of ['zod', 'yaml', 'undici', 'fflate', 'pino-pretty', '@opentelemetry/api']) {
    assert.ok(!reached.has(heavy), heavy);
  }
});

test('a running proxy loads what carries TCP only where a service asks for it', () => {
  const reached = loadedWith('cli/run.ts');
  const own = [
    'listener/tcp-listener.ts',
    'proxy/tcp-forward.ts',
    'proxy/tcp-relay.ts',
    'service/tcp-connect.ts',
  ];
  for (const path of [...own, 'upstream/tcp-transport.ts', 'upstream/endpoint-stream.ts']) {
    assert.ok(files.some((file) => file.path === path) && !reached.has(path), path);
  }
});

test('nothing of TLS towards endpoints or clients is loaded until a configuration asks for it', () => {
  const reached = loadedWith('cli/run.ts');
  const wrong = [...reached].filter((path) => /^net\/tls\/|^listener\/tls-|^app\/endpoint-tls/.test(path));
  assert.deepEqual(wrong, []);
});

test('nothing of translation is loaded until a service is translated', () => {
  const reached = loadedWith('cli/run.ts');
  assert.ok(files.some(({ path }) => path === 'translate/service-translation.ts'));
  const wrong = [...reached].filter((name) => /^translate\/|^@bufbuild|own-grpc-call/.test(name));
  assert.deepEqual(wrong, []);
});

test('what checks endpoints is loaded with the first that are checked', () => {
  const reached = loadedWith('cli/run.ts');
  assert.ok(files.some(({ path }) => path === 'upstream/health/health-checks.ts'));
  assert.deepEqual(
    [...reached].filter((path) => path.startsWith('upstream/health/')),
    [],
  );
});

test('the health check of a container, which runs every few seconds, loads next to nothing', () => {
  const loaded = [...loadedWith('cli/entry.ts'), ...loadedWith('cli/ready.ts')];
  assert.ok(loaded.includes('cli/main.ts') && loaded.includes('node:net'), 'the imports are followed');
  const heavy = loaded.filter(
    (name) => !/^(cli\/|core\/(errors|nearest|secrets)\.ts|node:(module|net|util|v8)$)/.test(name),
  );
  assert.deepEqual(heavy, []);
  assert.ok(!loaded.includes('cli/admin-client.ts'));
});

const CONTRIBUTING = readFileSync(resolve(SRC, '../CONTRIBUTING.md'), 'utf8');

/** The text of one `## ` section. */
function section(title: string): string {
  const text = CONTRIBUTING.split(/^## /m).find((part) => part.startsWith(title));
  assert.ok(text !== undefined, `CONTRIBUTING.md has no section ${title}`);
  return text;
}

test('the layout table names every folder, and no other', () => {
  const named = [...section('Layout').matchAll(/`src\/([a-z0-9-]+)`/g)].map(([, folder = '']) => folder);
  const folders = readdirSync(SRC, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  assert.deepEqual(new Set(named), new Set(folders));
});

test('every file on the described ways and in the registries exists', () => {
  const paths = new Set(files.map(({ path }) => path));
  const text = `${section('How a request travels')}${section('Adding')}`;
  const named = [...text.matchAll(/`([a-z0-9/-]+\/[a-z0-9-]+\.ts)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 20, 'the sections name their files');
  assert.deepEqual(
    named.filter((path) => !paths.has(path)),
    [],
  );
});

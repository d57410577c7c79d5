// What the documentation promises of itself: every page can be found, every link leads somewhere, every metric has a line.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { PrometheusMetrics } from '../../../src/observe/metrics/prometheus.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGES = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const READ_BY_PEOPLE = ['README.md', 'CONTRIBUTING.md', ...PAGES.map((name) => `docs/${name}`)];

test('the README leads to every page of the documentation', () => {
  const linked = new Set([...read('README.md').matchAll(/\]\(docs\/([\w-]+\.md)/g)].map(([, name]) => name));
  const missing = PAGES.filter((name) => !linked.has(name));
  assert.deepEqual(missing, [], 'a line each under "Documentation" of README.md');
});

test('every link to a file leads to one, and every anchor to a heading', () => {
  const broken = READ_BY_PEOPLE.flatMap((page) =>
    linksIn(page).filter(({ file, anchor }) => {
      if (!existsSync(file)) return true;
      return (
        anchor !== undefined && file.endsWith('.md') && !anchorsOf(readFileSync(file, 'utf8')).has(anchor)
      );
    }),
  );
  assert.deepEqual(
    broken.map(({ page, target }) => `${page}: ${target}`),
    [],
  );
});

test('what the pages of the npm package lead to is in it', () => {
  const { files = [] }: { files?: string[] } = JSON.parse(read('package.json'));
  // npm packs these whatever `files` says.
  const packed = [...files, 'README.md', 'LICENSE'].map((file) => join(ROOT, file));
  const isPacked = (file: string): boolean => packed.some((at) => file === at || file.startsWith(`${at}/`));
  const missing = READ_BY_PEOPLE.filter((page) => isPacked(join(ROOT, page)))
    .flatMap(linksIn)
    .filter(({ file }) => !isPacked(resolve(file)));
  assert.deepEqual(
    missing.map(({ page, target }) => `${page}: ${target}`),
    [],
    'to be packed (`files` of package.json), or named without a link',
  );
});

test('every test that the page of tried versions of Consul names is there', () => {
  const named = [...read('test/CONSUL.md').matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('the runbook of every alert is there', () => {
  const targets = [...read('deploy/prometheus/alerts.yml').matchAll(/runbook_url: (\S+?)#(\S+)/g)];
  assert.ok(targets.length > 5, `only ${targets.length} alerts have one`);
  for (const [, file = '', anchor = ''] of targets) assert.ok(anchorsOf(read(file)).has(anchor), anchor);
});

// Elsewhere than on Linux there are fewer of the process.
const skip = process.platform === 'linux' ? false : 'the page of Linux is the whole one';

test('every metric has its line, with its type, and no line is of one that has gone', { skip }, async () => {
  const page = await everyMetric();
  const served = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  const written = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  assert.deepEqual(new Set(written), new Set(served));
});

async function everyMetric(): Promise<string> {
  const none = (): number => 0;
  const metrics = new PrometheusMetrics({
    version: '0',
    services: () => [],
    clock: { now: none },
    accessLogDropped: none,
    logDropped: none,
    faults: none,
    listenerFaults: none,
    replayBufferBytes: none,
    spans: { exported: 0, waiting: 0, dropped: {} },
  });
  return (await metrics.scrape()).body;
}

interface Link {
  readonly page: string;
  readonly target: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

function linksIn(page: string): readonly Link[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { page, target, anchor, file: path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path) };
    });
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

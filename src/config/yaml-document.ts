// The only file that knows `yaml`: text in, plain values and the place of each out, variables put in.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import type { Alias, Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigProblem } from '../core/config-events.ts';
import { withoutComments } from './json-comments.ts';
import type { Path, Raw } from './raw.ts';
import { formatPath, pathKey, quoteKey } from './raw.ts';
import type { Environment } from './substitution.ts';
import { substitute } from './substitution.ts';
import type { Place } from './yaml-syntax.ts';
import { commentFault, syntaxProblems } from './yaml-syntax.ts';

/** A file as it was written. */
export interface ConfigDocument {
  readonly file: string;
  readonly root: Raw;
  /** Where the value at a path begins, and its key, by `pathKey`. */
  readonly values: ReadonlyMap<string, Place>;
  readonly keys: ReadonlyMap<string, Place>;
  /** The variables in the value at a path, by `pathKey`. */
  readonly substituted: ReadonlyMap<string, readonly string[]>;
  /** Paths whose value could not be made out: what a schema says of them is of no use. */
  readonly broken: readonly Path[];
  readonly problems: readonly ConfigProblem[];
}

const MAX_DEPTH = 32;

/** Far more than a configuration has; an alias repeated in an alias goes beyond it fast. */
const MAX_VALUES = 100_000;

/** Each is looked for through the whole file. */
const MAX_ALIASES = 1_000;

export function parseYaml(file: string, written: string, environment: Environment): ConfigDocument {
  const { text, comments } = withoutComments(written);
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      schema: 'core',
      stringKeys: true,
      // Told apart here, where the path is known.
      uniqueKeys: false,
      // Anything quieter would also pass over a second document.
      logLevel: 'error',
    });
  } catch {
    // What overflows the parser's stack.
    return unreadable(file, [{ file, line: 1, column: 1, path: '', message: 'not valid YAML' }]);
  }
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos: [offset] }) => {
    return { code, message, place: placeAt(lines, offset) };
  });
  const commented = comments.map((offset) => ({
    file,
    ...placeAt(lines, offset),
    path: '',
    message: commentFault(file),
  }));
  if (faults.length > 0) return unreadable(file, [...commented, ...syntaxProblems(file, text, faults)]);
  try {
    const read = new DocumentReader(file, text, document, lines, environment).read();
    return { ...read, problems: [...commented, ...read.problems] };
  } catch (error) {
    if (error instanceof BeyondBounds) return unreadable(file, [error.problem]);
    throw error;
  }
}

/** The file expands to more than is worth reading on. */
class BeyondBounds extends Error {
  readonly problem: ConfigProblem;

  constructor(problem: ConfigProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

function unreadable(file: string, problems: readonly ConfigProblem[]): ConfigDocument {
  const nothing = new Map<string, never>();
  return { file, root: {}, values: nothing, keys: nothing, substituted: nothing, broken: [[]], problems };
}

class DocumentReader {
  readonly #file: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #environment: Environment;
  readonly #values = new Map<string, Place>();
  readonly #keys = new Map<string, Place>();
  readonly #substituted = new Map<string, readonly string[]>();
  readonly #broken: Path[] = [];
  readonly #problems: ConfigProblem[] = [];
  /** Collections around the one that is being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #count = 0;
  #aliases = 0;

  constructor(
    file: string,
    text: string,
    document: Document.Parsed,
    lines: LineCounter,
    environment: Environment,
  ) {
    this.#file = file;
    this.#text = text;
    this.#document = document;
    this.#lines = lines;
    this.#environment = environment;
  }

  read(): ConfigDocument {
    const root = this.#read(this.#document.contents, []);
    return {
      file: this.#file,
      root,
      values: this.#values,
      keys: this.#keys,
      substituted: this.#substituted,
      broken: this.#broken,
      problems: this.#problems,
    };
  }

  #read(node: Node | null, path: Path): Raw {
    if (node === null) return null;
    const start = node.range?.[0] ?? 0;
    this.#values.set(pathKey(path), placeAt(this.#lines, start));
    this.#count++;
    if (this.#count > MAX_VALUES)
      this.#giveUp(path, start, `more than ${MAX_VALUES} values, aliases counted in full`);
    if (path.length > MAX_DEPTH) this.#giveUp(path, start, 'nested too deeply');
    if (isAlias(node)) return this.#readAlias(node, path, start);
    if (isScalar(node)) return this.#readScalar(node.value, path, start, node.range?.[1] ?? start);
    this.#open.add(node);
    const read = isMap(node) ? this.#readMap(node.items, path) : this.#readList(node, path);
    this.#open.delete(node);
    return read;
  }

  #readAlias(alias: Alias, path: Path, start: number): Raw {
    this.#aliases++;
    if (this.#aliases > MAX_ALIASES) this.#giveUp(path, start, `more than ${MAX_ALIASES} aliases`);
    const target = alias.resolve(this.#document);
    if (target === undefined)
      return this.#break(
        path,
        start,
        'an alias (*name) to an anchor (&name) that there is not; text that begins with * needs quotes',
      );
    if (this.#open.has(target)) this.#giveUp(path, start, 'an alias to what it stands in');
    const read = this.#read(target, path);
    // The alias is where the value is used, and so where it is wrong.
    this.#values.set(pathKey(path), placeAt(this.#lines, start));
    return read;
  }

  #readMap(pairs: readonly Pair[], path: Path): Raw {
    const entries = new Map<string, Raw>();
    for (const { key, value } of pairs) {
      if (!isScalar(key) || typeof key.value !== 'string') continue;
      const name = key.value;
      const start = key.range?.[0] ?? 0;
      const place = placeAt(this.#lines, start);
      const here = [...path, name];
      const earlier = entries.has(name) ? this.#keys.get(pathKey(here)) : undefined;
      if (earlier !== undefined) {
        this.#report(here, start, `given twice: it stands on line ${earlier.line} already`);
        continue;
      }
      if (name === '__proto__') {
        this.#report(path, start, `unknown key ${quoteKey(name)}`);
        continue;
      }
      this.#keys.set(pathKey(here), place);
      entries.set(name, this.#read(isNode(value) ? value : null, here));
    }
    return Object.fromEntries(entries);
  }

  #readList(node: Node, path: Path): Raw {
    if (!isSeq(node)) return null;
    return node.items.map((item, index) => this.#read(isNode(item) ? item : null, [...path, index]));
  }

  #readScalar(value: unknown, path: Path, start: number, end: number): Raw {
    switch (typeof value) {
      case 'string':
        return this.#readText(value, path, start, end);
      case 'number':
      case 'boolean':
        return value;
      default:
        return null;
    }
  }

  #readText(text: string, path: Path, start: number, end: number): Raw {
    const { text: replaced, names, faults } = substitute(text, this.#environment);
    if (names.length > 0) this.#substituted.set(pathKey(path), names);
    for (const fault of faults) {
      const written = fault.kind === 'missing' ? `\${${fault.name}` : '${';
      const found = this.#text.indexOf(written, start);
      const at = found >= start && found < end ? found : start;
      this.#break(
        path,
        at,
        fault.kind === 'missing'
          ? `the environment variable ${fault.name} is not set; \${${fault.name}:-default} would give a default`
          : 'expected ${NAME} or ${NAME:-default}; a dollar sign of its own is written $$',
      );
    }
    return faults.length > 0 ? null : replaced;
  }

  #giveUp(path: Path, offset: number, message: string): never {
    const place = placeAt(this.#lines, offset);
    throw new BeyondBounds({ file: this.#file, ...place, path: formatPath(path), message });
  }

  #break(path: Path, offset: number, message: string): null {
    this.#broken.push(path);
    this.#report(path, offset, message);
    return null;
  }

  #report(path: Path, offset: number, message: string): void {
    const place = placeAt(this.#lines, offset);
    this.#problems.push({ file: this.#file, ...place, path: formatPath(path), message });
  }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

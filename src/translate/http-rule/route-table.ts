// Which method a request is for: the templates of all methods in one tree, a level a segment.
//
// Of several that a path matches, the most specific one is taken: one with a verb before one without; then, from the
// first segment to the last, a literal before `*` before `**`; then one for the method of the request before one for
// any. Two that match the same requests are a fault, and the one declared first is taken.

import type { DescMethod } from '@bufbuild/protobuf';
import type { ServiceDescription } from '../service-description.ts';
import type { Binding, BoundVariable } from './binding.ts';
import { annotatedBindings, methodName, plainBinding } from './binding.ts';
import type { PathTemplate } from './path-template.ts';
import { decoded } from './path-template.ts';

export interface RouteMatch {
  readonly method: DescMethod;
  readonly binding: Binding;
  /** By name, decoded. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface RouteTable {
  /** In the order of the descriptors, those without a rule behind those of rules. */
  readonly bindings: readonly Binding[];
  /** What is wrong with rules, a sentence without its full stop each. Such rules are left out. */
  readonly faults: readonly string[];
  /**
   * @param path as it was received, without its query. One that is no percent-encoded UTF-8 matches nothing.
   */
  match(method: string, path: string): RouteMatch | undefined;
  /** The methods of HTTP that there is a route for at this path; empty where there is none at all. */
  methodsAt(path: string): readonly string[];
}

export function routeTable(description: ServiceDescription): RouteTable {
  const tree = new RouteTree();
  const faults: string[] = [];
  const bindings: Binding[] = [];
  for (const method of description.methods) {
    const annotated = annotatedBindings(method);
    faults.push(...annotated.faults);
    for (const binding of annotated.bindings) {
      const other = tree.add(binding);
      if (other === undefined) bindings.push(binding);
      else faults.push(duplicate(binding, other));
    }
  }
  for (const binding of description.methods.map(plainBinding)) {
    // A rule may say otherwise.
    if (tree.add(binding) === undefined) bindings.push(binding);
  }
  return {
    bindings,
    faults,
    match: (method, path) => tree.match(method, path),
    methodsAt: (path) => tree.methodsAt(path),
  };
}

function duplicate({ method, httpMethod, template }: Binding, other: Binding): string {
  const route = `${httpMethod} ${template.text}`;
  const same = `${other.httpMethod} ${other.template.text} of ${methodName(other.method)}`;
  return `${methodName(method)}: ${route} matches the same requests as ${same}, which stands before it`;
}

const ANY_METHOD = '*';
const NO_VERB = '';

/** The bindings of one path, by verb and method of HTTP. */
type Ends = Map<string, Map<string, Binding>>;

class TreeNode {
  readonly literals = new Map<string, TreeNode>();
  /** Behind `*`. */
  one: TreeNode | undefined;
  /** Of `**`. */
  readonly rest: Ends = new Map();
  readonly ends: Ends = new Map();
}

class RouteTree {
  readonly #root = new TreeNode();

  /** @returns another one that matches the same requests, which remains */
  add(binding: Binding): Binding | undefined {
    let node = this.#root;
    let ends = node.ends;
    for (const segment of binding.template.segments) {
      if (segment.kind === 'rest') {
        ends = node.rest;
        break;
      }
      if (segment.kind === 'one') {
        node.one ??= new TreeNode();
        node = node.one;
      } else {
        const next: TreeNode = node.literals.get(segment.text) ?? new TreeNode();
        node.literals.set(segment.text, next);
        node = next;
      }
      ends = node.ends;
    }
    const verb = binding.template.verb ?? NO_VERB;
    const methods = ends.get(verb) ?? new Map<string, Binding>();
    ends.set(verb, methods);
    const other = methods.get(binding.httpMethod);
    if (other === undefined) methods.set(binding.httpMethod, binding);
    return other;
  }

  match(method: string, path: string): RouteMatch | undefined {
    for (const reading of readingsOf(path)) {
      let binding: Binding | undefined;
      visit(this.#root, reading, 0, (methods) => {
        binding = methods.get(method) ?? methods.get(ANY_METHOD);
        return binding !== undefined;
      });
      if (binding !== undefined) {
        return { method: binding.method, binding, variables: variablesOf(binding, reading) };
      }
    }
    return undefined;
  }

  methodsAt(path: string): readonly string[] {
    const found = new Set<string>();
    for (const reading of readingsOf(path)) {
      visit(this.#root, reading, 0, (methods) => {
        for (const method of methods.keys()) found.add(method);
        return false;
      });
    }
    return [...found];
  }
}

/**
 * What ends where the path ends, from the most specific on, until `take` returns true. A node stands for one number of
 * segments and is reached in one way, so that each is visited once at most.
 */
function visit(
  node: TreeNode,
  reading: Reading,
  depth: number,
  take: (methods: ReadonlyMap<string, Binding>) => boolean,
): boolean {
  const segment = reading.segments[depth];
  if (segment === undefined) {
    const methods = node.ends.get(reading.verb);
    if (methods !== undefined && take(methods)) return true;
  } else {
    const next = node.literals.get(segment);
    if (next !== undefined && visit(next, reading, depth + 1, take)) return true;
    if (node.one !== undefined && segment !== '' && visit(node.one, reading, depth + 1, take)) return true;
  }
  const methods = node.rest.get(reading.verb);
  return methods !== undefined && take(methods);
}

/** One way to read a path: what stands behind the last colon may be a verb, or belong to the last segment. */
interface Reading {
  readonly encoded: readonly string[];
  readonly segments: readonly string[];
  readonly verb: string;
}

function readingsOf(path: string): readonly Reading[] {
  if (!path.startsWith('/')) return [];
  const encoded = path === '/' ? [] : path.slice(1).split('/');
  const segments: string[] = [];
  for (const each of encoded) {
    const segment = decoded(each);
    if (segment === undefined) return [];
    segments.push(segment);
  }
  const plain: Reading = { encoded, segments, verb: NO_VERB };
  const last = encoded.at(-1) ?? '';
  const colon = last.lastIndexOf(':');
  if (colon === -1) return [plain];
  // Both are parts of what is percent-encoded UTF-8.
  const stem = decoded(last.slice(0, colon)) ?? '';
  const verb = decoded(last.slice(colon + 1)) ?? '';
  if (verb === '') return [plain];
  const before = { encoded: encoded.slice(0, -1), segments: segments.slice(0, -1) };
  const withVerb: Reading = {
    encoded: [...before.encoded, last.slice(0, colon)],
    segments: [...before.segments, stem],
    verb,
  };
  return [withVerb, plain];
}

function variablesOf({ variables, template }: Binding, reading: Reading): ReadonlyMap<string, string> {
  return new Map(variables.map((variable) => [variable.name, captured(variable, reading, template)]));
}

function captured({ start, end, multiple }: BoundVariable, reading: Reading, template: PathTemplate): string {
  if (!multiple) return reading.segments[start] ?? '';
  const open = template.segments[end - 1]?.kind === 'rest';
  return reading.encoded
    .slice(start, open ? undefined : end)
    .map(decodedButSlashes)
    .join('/');
}

/** "The server side does the reverse decoding, except "%2F" and "%2f" are left unchanged" (http.proto). */
function decodedButSlashes(encoded: string): string {
  return decoded(encoded.replaceAll(/%(?=2f)/gi, '%25')) ?? encoded;
}

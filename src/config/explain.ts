// What zod found wrong, as messages for people: what was expected, what was found, and what may have been meant. No message
// repeats a secret, nor what came out of a variable.

import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import type { JsonSchema } from './json-schema.ts';
import { isSecret, knownKeys, schemasAt } from './json-schema.ts';
import { keyHint, mapMeant } from './meant.ts';
import type { Path, Raw } from './raw.ts';
import { isRawList, isRawMap, rawAt } from './raw.ts';
import { likelyValue, unquoted } from './slips.ts';

/** One thing that is wrong with the value at a path, or with the key itself. */
export interface Complaint {
  readonly path: Path;
  readonly aboutKey: boolean;
  /** Whether it is about how values fit together rather than about one of them. */
  readonly aboutFit: boolean;
  readonly message: string;
}

export interface ExplainContext {
  /** The value that was judged, which stands at `path`. */
  readonly value: Raw | undefined;
  readonly path: Path;
  /** The variables in the value at a path, by `pathKey`; undefined where there are none. */
  readonly variablesAt: (path: Path) => readonly string[] | undefined;
}

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

const NO_WORDS = 'expected another value';

/** What zod says where a schema has no words of its own. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? 'another kind of value'}`;
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    default:
      return NO_WORDS;
  }
}

export function explain(found: readonly Issue[], context: ExplainContext): Complaint[] {
  const issues = found.flatMap(withoutSwitch);
  const misnamed = issues
    .filter(({ code }) => code === 'unrecognized_keys')
    .map(({ path }) => path.join('.'));
  return (
    issues
      // What a map lacks as a whole may be just what was misnamed in it.
      .filter(({ code, path }) => code !== 'custom' || !misnamed.includes(path.join('.')))
      .flatMap((issue) => explainIssue(issue, context.path, context))
  );
}

/** What is wrong with something that might have been `false` is what is wrong with it otherwise. */
function withoutSwitch(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [meant, ...others] = issue.errors.filter((errors) => !isSwitch(errors));
  if (meant === undefined || others.length > 0 || issue.errors.length === 1) return [issue];
  return meant.flatMap((inner) => withoutSwitch({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isSwitch([only, ...others]: readonly Issue[]): boolean {
  const isFalse = only?.code === 'invalid_value' && only.values.length === 1 && only.values[0] === false;
  return isFalse && only.path.length === 0 && others.length === 0;
}

function explainIssue(issue: Issue, base: Path, context: ExplainContext): Complaint[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      // Where one of several forms was right but for them, they may belong to another.
      const forms = keysOfOneForm(path);
      if (issue.keys.some((key) => forms.includes(key))) return explainForms(path, forms, context);
      return issue.keys.map((key) =>
        explainUnknownKey(path, key, rawAt(context.value, [...path.slice(context.path.length), key])),
      );
    }
    case 'invalid_union':
      return explainUnion(issue, path, context);
    case 'invalid_key': {
      const message = issue.issues[0]?.message ?? 'expected another key';
      return [{ path, aboutKey: true, aboutFit: false, message }];
    }
    default: {
      const message = complete(issue, path, context);
      return [{ path, aboutKey: false, aboutFit: issue.code === 'custom', message }];
    }
  }
}

export function explainUnknownKey(path: Path, key: string, value: Raw | undefined): Complaint {
  return {
    path: [...path, key],
    aboutKey: true,
    aboutFit: false,
    message: unknownKey(path, key, value),
  };
}

function unknownKey(path: Path, key: string, value: Raw | undefined): string {
  if (key === YAML_MERGE) {
    return 'unknown key; maps are not merged here: what services share stands under defaults, and an alias (*name) stands for a whole value';
  }
  return `unknown key; ${keyHint(path, key, value)}`;
}

/** Of YAML 1.1, and of many a compose file. */
const YAML_MERGE = '<<';

/** Of several forms, complains of the one that was tried: the only one whose kind of value it is. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  context: ExplainContext,
): Complaint[] {
  const wrongKeys = explainForms(path, keysOfOneForm(path), context);
  if (wrongKeys.length > 0) return wrongKeys;
  const tried = issue.errors
    .filter((errors) => !errors.some((error) => error.code === 'invalid_type' && error.path.length === 0))
    .toSorted((a, b) => misfit(a) - misfit(b));
  const [closest] = tried;
  if (closest !== undefined) return closest.flatMap((error) => explainIssue(error, path, context));
  return [{ path, aboutKey: false, aboutFit: false, message: complete(issue, path, context) }];
}

/** What is wrong with the keys of a map that has several forms: none chosen, more than one, or one that there is not. */
function explainForms(path: Path, forms: readonly string[], context: ExplainContext): Complaint[] {
  const value = rawAt(context.value, path.slice(context.path.length));
  if (!isRawMap(value)) return [];
  const keys = Object.keys(value);
  const known = knownKeys(path);
  const unknown = keys
    .filter((key) => !known.includes(key))
    .map((key) => explainUnknownKey(path, key, value[key]));
  const chosen = keys.filter((key) => forms.includes(key));
  if (keys.length > 0 && chosen.length < 2) return unknown;
  const message =
    chosen.length === 0
      ? `expected one of ${forms.join(', ')}`
      : `expected only one of ${forms.join(', ')}, found ${chosen.join(' and ')}`;
  return [{ path, aboutKey: false, aboutFit: false, message }, ...unknown];
}

/** The keys that distinguish one form from the others. */
function keysOfOneForm(path: Path): readonly string[] {
  const forms = schemasAt(path).map(({ properties = {} }) => Object.keys(properties));
  return knownKeys(path).filter((key) => forms.filter((keys) => keys.includes(key)).length === 1);
}

/** How far the value is from a form: keys that the form does not know, or misses, weigh most. */
function misfit(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + 10 * issue.keys.length;
    return sum + (issue.code === 'invalid_type' && issue.path.length === 1 ? 5 : 1);
  }, 0);
}

function complete(issue: Issue, path: Path, context: ExplainContext): string {
  const value = rawAt(context.value, path.slice(context.path.length));
  if (issue.code === 'custom' && (value === undefined || typeof value === 'object')) return issue.message;
  const expected = orFalse(expectedMap(issue, path) ?? issue.message, issue, path);
  if (value === undefined) return `is missing: ${expected}`;
  return `${expected}, found ${found(value, path, context)}${hintFor(issue, value, path, context)}`;
}

/** With the other thing that may stand there. */
function orFalse(expected: string, { code }: Issue, path: Path): string {
  const switches = code === 'invalid_type' && schemasAt(path).some((schema) => schema.const === false);
  return switches ? expected.replace(/^expected /, 'expected false or ') : expected;
}

const MOST_NAMED_KEYS = 6;

/** Which keys a map would have, where the schema has no words of its own. */
function expectedMap(issue: Issue, path: Path): string | undefined {
  if (issue.message !== NO_WORDS && issue.message !== `expected ${TYPES['object']}`) return undefined;
  const keys = knownKeys(path).filter((key) => !key.startsWith('$'));
  if (keys.length === 0) return undefined;
  const named = keys.slice(0, MOST_NAMED_KEYS).join(', ');
  return `expected a map with keys such as ${named}`;
}

/** What may have been meant. */
function hintFor(issue: Issue, value: Raw, path: Path, context: ExplainContext): string {
  const isMap = issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected);
  const map = isMap && context.variablesAt(path) === undefined ? mapMeant(path, value) : undefined;
  if (map !== undefined) return `; write ${map}${value === null ? ', or leave it out' : ''}`;
  if (isMap && typeof value === 'string' && /^[\w-]+:(?!\/\/)\S/.test(value)) {
    return '; is a space missing after a colon?';
  }
  if (value === null) return '; give it a value, or leave it out';
  const hasItems = schemasAt(path).some(({ items }) => items !== undefined);
  if (issue.code === 'invalid_type' && issue.expected === 'array' && !isRawList(value) && hasItems) {
    return isRawMap(value) ? '; begin it with a dash, or put it in [ ]' : '; put it in [ ]';
  }
  if (typeof value === 'object') return '';
  if (!isShowable(value, path, context)) return quotesMissing(issue, value) ? '; put it in quotes' : '';
  // Where the expectation says what to do instead, a guess beside it would contradict it.
  if (issue.code === 'invalid_value' && issue.message.includes(': ')) return '';
  const meant = meantInstead(issue, value, schemasAt(path));
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** Whether YAML reads a text as something else, such as a header's value that is made of digits. */
function quotesMissing(issue: Issue, value: Raw): boolean {
  return issue.code === 'invalid_type' && issue.expected === 'string' && typeof value !== 'string';
}

function meantInstead(issue: Issue, value: Raw, schemas: readonly JsonSchema[]): string | undefined {
  const written = String(value);
  if (issue.code === 'invalid_value' && issue.values.length > 1) {
    const values = issue.values.map(String);
    const ending = values.filter((each) => each.endsWith(written));
    return ending.length === 1 && written.length > 1 ? ending[0] : nearest(written, values);
  }
  const likely = likelyValue(
    written,
    schemas.map(({ title }) => title),
  );
  if (likely !== undefined || typeof value !== 'string') return likely;
  return unquoted(written, schemas);
}

const LONGEST_SHOWN_VALUE = 40;

function found(value: Raw, path: Path, context: ExplainContext): string {
  if (value === null) return 'nothing';
  if (typeof value === 'boolean' && context.variablesAt(path) === undefined) return String(value);
  if (isRawList(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isRawMap(value)) return 'a map';
  const variables = context.variablesAt(path);
  if (variables !== undefined) return `the value of ${variables.map((name) => `\${${name}}`).join(', ')}`;
  if (!isShowable(value, path, context)) return KINDS[typeof value] ?? 'another kind of value';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(
    value.length > LONGEST_SHOWN_VALUE ? `${value.slice(0, LONGEST_SHOWN_VALUE)}…` : value,
  );
}

/** Whether a scalar may stand in a message: not a secret, nor perhaps one that was put in a wrong place. */
function isShowable(value: Raw, path: Path, context: ExplainContext): boolean {
  if (isSecret(path) || context.variablesAt(path) !== undefined) return false;
  const scalarExpected = schemasAt(path).some(({ type, enum: choices, const: only }) => {
    const isScalarType = type !== undefined && type !== 'object' && type !== 'array';
    return only !== false && (isScalarType || choices !== undefined || only !== undefined);
  });
  // The user part of a URL is a password's place.
  return scalarExpected && !(typeof value === 'string' && value.includes('@'));
}

// The HTTP requests that one method is, by its option google.api.http. Source: google/api/http.proto, "HttpRule".

import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf';
import type { HttpRule } from '../google-api.ts';
import { httpRuleOf } from '../google-api.ts';
import type { PathTemplate, TemplateVariable } from './path-template.ts';
import { parsePathTemplate, TemplateFault } from './path-template.ts';
import { isText } from './text-fields.ts';

/** What the content of a request or of a response is. */
export type BodyRule =
  /** All fields that are not in the path: there is no query. */
  | { readonly kind: 'all' }
  /** This one. */
  | { readonly kind: 'field'; readonly field: DescField }
  /** Nothing: fields that are not in the path are in the query. */
  | { readonly kind: 'none' };

export interface BoundVariable extends TemplateVariable {
  /** As the template has it, such as `book.name`. */
  readonly name: string;
  /** The fields of its path; the last one can be written as text. */
  readonly fields: readonly DescField[];
}

export interface Binding {
  readonly method: DescMethod;
  /** Of the request; `*` for any. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly variables: readonly BoundVariable[];
  readonly body: BodyRule;
  /** Of the response message, the field that is the whole content; undefined for all of it. */
  readonly responseBody: DescField | undefined;
  /** False for `POST /package.Service/Method`, which every method has. */
  readonly annotated: boolean;
}

export interface MethodBindings {
  readonly bindings: readonly Binding[];
  /** What is wrong with the rules of this method, a sentence without its full stop each. Such rules are left out. */
  readonly faults: readonly string[];
}

/** By its rule, in its order. */
export function annotatedBindings(method: DescMethod): MethodBindings {
  const rule = httpRuleOf(method);
  if (rule === undefined) return { bindings: [], faults: [] };
  const bindings: Binding[] = [];
  const faults: string[] = [];
  const add = (each: HttpRule) => {
    try {
      bindings.push(bindingOf(method, each));
    } catch (thrown) {
      if (!(thrown instanceof RuleFault || thrown instanceof TemplateFault)) throw thrown;
      faults.push(`${methodName(method)}: ${thrown.message}`);
    }
  };
  add(rule);
  for (const additional of rule.additionalBindings ?? []) {
    if (additional.additionalBindings === undefined) add(additional);
    else faults.push(`${methodName(method)}: additional_bindings stand within additional_bindings`);
  }
  return { bindings, faults };
}

/** The request of a method without a rule, and one more of each other, as gRPC itself names methods. */
export function plainBinding(method: DescMethod): Binding {
  return {
    method,
    httpMethod: 'POST',
    template: parsePathTemplate(`/${method.parent.typeName}/${method.name}`),
    variables: [],
    body: { kind: 'all' },
    responseBody: undefined,
    annotated: false,
  };
}

/** The one that a request is sent with: a rule for any method leaves the choice. */
export function definiteHttpMethod({ httpMethod, body }: Binding): string {
  if (httpMethod !== '*') return httpMethod;
  return body.kind === 'none' ? 'GET' : 'POST';
}

/** Such as `bookstore.v1.Library.GetBook`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`;
}

class RuleFault extends Error {}

const PATTERNS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** A method of HTTP (RFC 9110 §9.1), or `*`. */
const HTTP_METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function patternOf(rule: HttpRule): readonly [httpMethod: string, path: string] {
  const { custom } = rule;
  if (custom !== undefined) {
    const { kind = '', path = '' } = custom;
    if (!HTTP_METHOD.test(kind)) {
      throw new RuleFault(`the kind ${JSON.stringify(kind)} of a custom pattern is not an HTTP method`);
    }
    return [kind, path];
  }
  for (const name of PATTERNS) {
    const path = rule[name];
    if (path !== undefined) return [name.toUpperCase(), path];
  }
  throw new RuleFault(
    'google.api.http has no pattern: expected one of get, put, post, delete, patch and custom',
  );
}

function bindingOf(method: DescMethod, rule: HttpRule): Binding {
  const [httpMethod, path] = patternOf(rule);
  const template = parsePathTemplate(path);
  return {
    method,
    httpMethod,
    template,
    variables: template.variables.map((variable) => boundVariable(variable, method.input)),
    body: bodyRuleOf(rule.body ?? '', method.input),
    responseBody: responseBodyOf(rule.responseBody ?? '', method.output),
    annotated: true,
  };
}

function boundVariable(variable: TemplateVariable, input: DescMessage): BoundVariable {
  const name = variable.fieldPath.join('.');
  const at = `the variable ${name}`;
  const fields: DescField[] = [];
  let message: DescMessage | undefined = input;
  for (const each of variable.fieldPath) {
    if (message === undefined) throw new RuleFault(`${at}: ${fields.at(-1)?.name} has no field ${each}`);
    const field: DescField | undefined = message.fields.find((known) => known.name === each);
    if (field === undefined) throw new RuleFault(`${at}: ${message.typeName} has no field ${each}`);
    if (field.fieldKind === 'list') throw new RuleFault(`${at}: ${each} is repeated`);
    if (field.fieldKind === 'map') throw new RuleFault(`${at}: ${each} is a map`);
    fields.push(field);
    message = field.message;
  }
  const last = fields.at(-1);
  if (last === undefined || !isText(last)) {
    throw new RuleFault(`${at} is a message, not text: expected one of its fields`);
  }
  return { ...variable, name, fields };
}

function bodyRuleOf(body: string, input: DescMessage): BodyRule {
  if (body === '') return { kind: 'none' };
  if (body === '*') return { kind: 'all' };
  return { kind: 'field', field: topLevelField(body, input, 'body') };
}

function responseBodyOf(responseBody: string, output: DescMessage): DescField | undefined {
  return responseBody === '' ? undefined : topLevelField(responseBody, output, 'response_body');
}

function topLevelField(name: string, message: DescMessage, key: string): DescField {
  const field = message.fields.find((known) => known.name === name);
  if (field === undefined) throw new RuleFault(`${key}: ${message.typeName} has no field ${name}`);
  return field;
}

// The path templates of google.api.http. Source: google/api/http.proto, "Path template syntax":
//
//     Template = "/" Segments [ Verb ] ;
//     Segments = Segment { "/" Segment } ;
//     Segment  = "*" | "**" | LITERAL | Variable ;
//     Variable = "{" FieldPath [ "=" Segments ] "}" ;
//     FieldPath = IDENT { "." IDENT } ;
//     Verb     = ":" LITERAL ;
//
// Beyond the grammar, `/` alone is the template of the root, as other implementations have it.

export type TemplateSegment =
  /** Decoded. */
  | { readonly kind: 'literal'; readonly text: string }
  /** `*`: one segment that is not empty. */
  | { readonly kind: 'one' }
  /** `**`: all segments that are left, or none. The last one. */
  | { readonly kind: 'rest' };

export interface TemplateVariable {
  /** Names of fields as the .proto file has them, from the outermost. */
  readonly fieldPath: readonly string[];
  /** The first of its segments. */
  readonly start: number;
  /** Behind the last of its segments. */
  readonly end: number;
  /** Whether it may hold several segments, so that an encoded `/` stays apart from one between segments. */
  readonly multiple: boolean;
}

export interface PathTemplate {
  readonly text: string;
  /** Those of variables among them. */
  readonly segments: readonly TemplateSegment[];
  readonly variables: readonly TemplateVariable[];
  readonly verb: string | undefined;
}

/** A template that is not as the grammar has it. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
  /** Of the first character at fault, from 1. */
  readonly column: number;

  constructor(text: string, index: number, expected: string) {
    super(`${JSON.stringify(text)}, column ${index + 1}: expected ${expected}`);
    this.column = index + 1;
  }
}

/** @throws TemplateFault */
export function parsePathTemplate(text: string): PathTemplate {
  return new TemplateParser(text).parse();
}

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const LITERAL = /[^/{}*]+/y;

class TemplateParser {
  readonly #text: string;
  #at = 0;
  readonly #segments: TemplateSegment[] = [];
  readonly #variables: TemplateVariable[] = [];
  #verb: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PathTemplate {
    if (!this.#take('/')) throw this.#fault('/');
    if (!this.#ended) {
      do this.#segment();
      while (this.#take('/'));
      if (this.#take(':')) this.#verb = this.#literal(this.#at, this.#text.slice(this.#at), 'a verb');
      if (!this.#ended)
        throw this.#fault(this.#endsOpen ? 'the end, or a verb such as :cancel' : '/ or the end');
    }
    return { text: this.#text, segments: this.#segments, variables: this.#variables, verb: this.#verb };
  }

  get #ended(): boolean {
    return this.#at === this.#text.length;
  }

  /** Whether the last segment is `**`, behind which none may stand. */
  get #endsOpen(): boolean {
    return this.#segments.at(-1)?.kind === 'rest';
  }

  #segment(): void {
    if (this.#endsOpen) throw this.#fault('nothing behind ** but a verb', this.#at - 1);
    if (this.#take('{')) this.#variable();
    else this.#plainSegment(false);
  }

  #variable(): void {
    const opened = this.#at - 1;
    const fieldPath: string[] = [];
    do fieldPath.push(this.#identifier());
    while (this.#take('.'));
    const name = fieldPath.join('.');
    if (this.#variables.some((known) => known.fieldPath.join('.') === name)) {
      throw this.#fault(`each variable once, not ${name} again`, opened);
    }
    const start = this.#segments.length;
    if (this.#take('=')) {
      do {
        if (this.#endsOpen) throw this.#fault('nothing behind ** but a verb', this.#at - 1);
        if (this.#text[this.#at] === '{') throw this.#fault('no variable within a variable');
        this.#plainSegment(true);
      } while (this.#take('/'));
    } else {
      this.#segments.push({ kind: 'one' });
    }
    if (!this.#take('}')) throw this.#fault('}');
    const end = this.#segments.length;
    this.#variables.push({ fieldPath, start, end, multiple: end - start > 1 || this.#endsOpen });
  }

  #plainSegment(inVariable: boolean): void {
    if (this.#take('**')) {
      this.#segments.push({ kind: 'rest' });
    } else if (this.#take('*')) {
      this.#segments.push({ kind: 'one' });
    } else {
      const start = this.#at;
      const taken = this.#match(LITERAL) ?? '';
      // What stands behind the last colon of the last segment is the verb, in a template as in a path.
      const colon = !inVariable && this.#ended ? taken.lastIndexOf(':') : -1;
      const own = colon === -1 ? taken : taken.slice(0, colon);
      this.#segments.push({ kind: 'literal', text: this.#literal(start, own, 'a segment') });
      this.#at = start + own.length;
    }
  }

  /** Takes it, decoded: percent-encoding does not distinguish literals (http.proto, "Path template syntax"). */
  #literal(start: number, encoded: string, what: string): string {
    if (encoded === '') throw this.#fault(`${what}, which is not empty`, start);
    if (what === 'a verb') {
      const wrong = encoded.search(/[/{}*:]/);
      if (wrong !== -1) throw this.#fault('a verb without this character', start + wrong);
    }
    const text = decoded(encoded);
    if (text === undefined) throw this.#fault(`${what} with percent-encoded UTF-8`, start);
    this.#at = start + encoded.length;
    return text;
  }

  #identifier(): string {
    const name = this.#match(IDENTIFIER);
    if (name === undefined) throw this.#fault('the name of a field');
    return name;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #take(token: string): boolean {
    const there = this.#text.startsWith(token, this.#at);
    if (there) this.#at += token.length;
    return there;
  }

  #fault(expected: string, at = this.#at): TemplateFault {
    return new TemplateFault(this.#text, at, expected);
  }
}

/** Undefined when it is no percent-encoded UTF-8. */
export function decoded(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

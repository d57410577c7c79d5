// The paths of templates as OpenAPI has them: a parameter a segment, and one name for each place.

import type { Binding } from '../http-rule/binding.ts';

export interface PathParameter {
  readonly name: string;
  /** The variable of which it is all; undefined for a part. */
  readonly variable: Binding['variables'][number] | undefined;
  readonly description: string | undefined;
}

export interface OpenApiPath {
  readonly path: string;
  readonly parameters: readonly PathParameter[];
}

/** Templates with the same places must have the same names there (OpenAPI 3.1, "Paths Object"). */
export class OpenApiPaths {
  /** Names by places. */
  readonly #names = new Map<string, readonly string[]>();

  of({ template, variables }: Binding): OpenApiPath {
    const parameters: PathParameter[] = [];
    const places = template.segments.map((segment, index) => {
      if (segment.kind === 'literal') return encodeURIComponent(segment.text);
      const variable = variables.find(({ start, end }) => index >= start && index < end);
      const whole = variable !== undefined && variable.end - variable.start === 1;
      parameters.push({
        name: whole ? variable.name : partName(template.segments[index - 1], parameters.length),
        variable: whole && !variable.multiple ? variable : undefined,
        description: descriptionOf(variable, whole, segment.kind === 'rest', template),
      });
      return undefined;
    });
    const verb = template.verb === undefined ? '' : `:${encodeURIComponent(template.verb)}`;
    const key = `${places.map((place) => place ?? '{}').join('/')}${verb}`;
    const names = this.#names.get(key) ?? distinct(parameters.map(({ name }) => name));
    this.#names.set(key, names);
    let at = 0;
    const path = places.map((place) => place ?? `{${names[at++]}}`).join('/');
    return {
      path: `/${path}${verb}`,
      parameters: parameters.map((parameter, index) => ({
        ...parameter,
        name: names[index] ?? parameter.name,
      })),
    };
  }
}

type Template = Binding['template'];

/** `mailboxes` for `mailboxes/*`. */
function partName(before: Template['segments'][number] | undefined, index: number): string {
  return before?.kind === 'literal' ? before.text : `part${index + 1}`;
}

function descriptionOf(
  variable: Binding['variables'][number] | undefined,
  whole: boolean,
  isRest: boolean,
  { segments }: Template,
): string | undefined {
  const slashes = isRest ? ['May hold slashes, as they are.'] : [];
  if (variable === undefined || whole) return slashes[0];
  const form = segments.slice(variable.start, variable.end).map((segment) => {
    if (segment.kind === 'literal') return segment.text;
    return segment.kind === 'one' ? '*' : '**';
  });
  return [`A part of \`${variable.name}\`, which has the form \`${form.join('/')}\`.`, ...slashes].join(' ');
}

function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
}

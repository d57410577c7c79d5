// ${NAME} in values: what it means, and nothing of where the value stands.

export type Environment = Readonly<Record<string, string | undefined>>;

export type SubstitutionFault =
  | { readonly kind: 'missing'; readonly name: string; readonly at: number }
  | { readonly kind: 'malformed'; readonly at: number };

export interface Substituted {
  readonly text: string;
  /** The variables that were asked for, in order. */
  readonly names: readonly string[];
  /** `at` is where in the text it stands. */
  readonly faults: readonly SubstitutionFault[];
}

/** `$$`, a whole `${…}`, or a `${` that nothing closes. */
const TOKEN = /\$\$|\$\{([^{}]*)\}|\$\{/g;
const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` by the variable, `${NAME:-default}` by the variable or, when it is unset or empty, by the
 * default, and `$$` by a dollar sign. What is put in is not read again.
 */
export function substitute(text: string, environment: Environment): Substituted {
  const names: string[] = [];
  const faults: SubstitutionFault[] = [];
  const replaced = text.replace(TOKEN, (token: string, inner: string | undefined, at: number) => {
    if (token === '$$') return '$';
    const [, name, fallback] = REFERENCE.exec(inner ?? '') ?? [];
    if (name === undefined) {
      faults.push({ kind: 'malformed', at });
      return '';
    }
    names.push(name);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) faults.push({ kind: 'missing', name, at });
    return value ?? '';
  });
  return { text: replaced, names, faults };
}

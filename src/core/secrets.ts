// What must never leave this process by what it says: tokens and keys that are known to the configuration. Others may
// repeat them, as Consul does in a 403 with the token in it, so that texts are looked through where they leave.

export const REDACTED = '[redacted]';

/** Shorter ones are not looked for: they would be found in words that are none. UTF-16 code units. */
export const SHORTEST_SECRET = 6;

/** Of tokens that are exchanged again and again, the newest so many are looked for. */
export const MAX_SECRETS = 100;

/** What stands outside of the strings of a JSON text, or a part of that: redacted there, it would be no JSON any more. */
const JSON_SYNTAX =
  /^(?:rue|ue|alse|lse|se|ull|ll|l)?(?:[\d.eE+\-{}[\]:,\s]|true|false|null)*(?:tr?u?|fa?l?s?|nu?l?)?$/;

export class Secrets {
  /** The newest last. */
  readonly #known = new Set<string>();
  /** The longest first: one may hold another. */
  #inText: readonly string[] = [];
  #inJson: readonly string[] = [];

  /** Looks for it from now on. */
  learn(secret: string | undefined): void {
    if (secret === undefined || secret.length < SHORTEST_SECRET || this.#known.has(secret)) return;
    this.#known.add(secret);
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size > MAX_SECRETS) this.#known.delete(oldest);
    const known = [...this.#known];
    const encoded = known.flatMap((each) => [inJson(each), percentEncoded(each)]);
    this.#inText = longestFirst([...known, ...encoded]);
    this.#inJson = longestFirst(encoded.filter((form) => !JSON_SYNTAX.test(form)));
  }

  /** The text without them. */
  redact(text: string): string {
    return without(text, this.#inText);
  }

  /** The same for JSON, which stays JSON, and for other formats of which not all is text. */
  redactStructured(text: string): string {
    return without(text, this.#inJson);
  }
}

/**
 * Of the whole process, since nothing that it says may hold one: parts that say something need not be given it, and
 * cannot be forgotten.
 */
export const secrets = new Secrets();

function without(text: string, forms: readonly string[]): string {
  let redacted = text;
  for (const form of forms) {
    if (redacted.includes(form)) redacted = redacted.replaceAll(form, REDACTED);
  }
  return redacted;
}

function inJson(secret: string): string {
  return JSON.stringify(secret).slice(1, -1);
}

function percentEncoded(secret: string): string {
  return encodeURIComponent(secret.toWellFormed());
}

function longestFirst(forms: readonly string[]): readonly string[] {
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

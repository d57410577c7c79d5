// Pieces of JSON (RFC 8259), written without JSON.stringify wherever a piece needs no escape.

/** Neither a quote, a backslash, a control character nor half of a surrogate pair: the same in JSON as it is. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** A string with its quotes. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** By thousandths: nothing for a whole number, else `.5`, `.034`. */
const FRACTIONS: readonly string[] = Array.from({ length: 1_000 }, (_, thousandths) =>
  String(thousandths / 1_000).slice(1),
);

/** A number, rounded to three digits after its point. To write a number with a fraction is dear: two whole ones are not. */
export function toThousandths(value: number): string {
  const thousandths = Math.round(value * 1_000);
  if (!(thousandths >= 0 && thousandths <= Number.MAX_SAFE_INTEGER)) {
    return JSON.stringify(thousandths / 1_000);
  }
  const whole = Math.floor(thousandths / 1_000);
  return `${whole}${FRACTIONS[thousandths - whole * 1_000]}`;
}

/** What a client or an endpoint wrote is no message of the method. */
export class TranslationFault extends Error {
  override readonly name = 'TranslationFault';
  /** The path of the field at fault, such as `letter.labels[2].text`; empty for the message itself. */
  readonly field: string;

  /** @param problem what was expected, as the rest of a sentence without its full stop */
  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(field === '' ? problem : `${field}: ${problem}`, options);
    this.field = field;
  }
}

import { percentage } from '../schema/fields.ts';

/** The field `enforce` of every protection. */
export function enforcement(refusal: string, event: string) {
  return percentage()
    .default(100)
    .describe(
      `The chance in percent that ${refusal} (default 100). Below it the call goes through and is only reported, as ${event}: 0 is a dry run.`,
    );
}

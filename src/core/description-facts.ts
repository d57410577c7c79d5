/** What is known of the API of a service whose requests are translated. */
export interface DescriptionFacts {
  /** Where from, for people, such as `server reflection (v1)` or the path of a file. */
  readonly from: string;
  /** How many methods can be called. */
  readonly methods: number;
  /** Why the endpoints could not describe some of their services, by name. */
  readonly undescribed: readonly string[];
}

export interface DescriptionFailure {
  /** As in `DescriptionFacts`. */
  readonly from: string;
  /** A sentence without its full stop. */
  readonly fault: string;
  /** Whether an earlier description stays in force; otherwise its requests are refused. */
  readonly kept: boolean;
}

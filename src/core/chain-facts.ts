// What is reported of a chain that is followed: where requests of a service go.

export interface ChainFacts {
  readonly from: 'consul' | 'configuration';
  readonly routes: readonly {
    readonly splits: readonly {
      readonly weight: number;
      readonly destination: { readonly tiers: readonly { readonly label: string }[] };
    }[];
  }[];
  /** What was asked for and is not done, a sentence each. */
  readonly notDone: readonly string[];
}

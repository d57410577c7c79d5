// The translation of a service as the admin API shows it: who may call, and the methods that there are.

import type { DescriptionOrigin } from '../translate/service-description.ts';
import type { ApiMethod, TranslatedApi } from '../translate/translated-api.ts';

/** What is shown of a translator. */
export interface ViewedTranslator {
  readonly clients: readonly string[];
  readonly api: Pick<TranslatedApi, 'description' | 'methods' | 'ruleFaults'> | undefined;
}

export interface TranslationView {
  /** What its clients may speak beside what its endpoints do, such as `Connect`. */
  readonly clients: readonly string[];
  /** Where its methods are known from; null where they need not be. */
  readonly description: {
    readonly from: 'file' | 'reflection';
    /** Of the file; null for reflection. */
    readonly path: string | null;
    /** Of reflection; null until an endpoint has responded. */
    readonly version: string | null;
    /** Whether it is that of an earlier run. */
    readonly saved: boolean;
    /** When the source said so last; null until it has. */
    readonly confirmedAt: string | null;
    /** Why a newer one cannot be had; null when all is well. */
    readonly fault: string | null;
  } | null;
  /** Null until they are known. */
  readonly methods: readonly ApiMethod[] | null;
  /** What is wrong with google.api.http rules, a sentence each. */
  readonly ruleFaults: readonly string[];
}

export function translationView(translator: ViewedTranslator | undefined): TranslationView | null {
  if (translator === undefined) return null;
  const { clients, api } = translator;
  if (api === undefined) return { clients, description: null, methods: null, ruleFaults: [] };
  const { origin, confirmedAtWall, fault } = api.description;
  return {
    clients,
    description: {
      ...originView(origin),
      confirmedAt: confirmedAtWall === undefined ? null : new Date(confirmedAtWall).toISOString(),
      fault: fault ?? null,
    },
    methods: api.methods ?? null,
    ruleFaults: api.ruleFaults,
  };
}

function originView(origin: DescriptionOrigin) {
  return origin.kind === 'file'
    ? { from: 'file' as const, path: origin.path, version: null, saved: false }
    : { from: 'reflection' as const, path: null, version: origin.version ?? null, saved: origin.saved };
}

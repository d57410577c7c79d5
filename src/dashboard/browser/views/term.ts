// A name with its definition behind a question mark.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import type { Term } from '../glossary.ts';
import type { Actions } from '../model.ts';

/** @param name as it stands there; the definition is that of `term` */
export function defined(name: string, term: Term, { define }: Pick<Actions, 'define'>): TemplateResult {
  return html`<button type="button" class="define" title="What this means" @click=${() => define(term)}>
    ${name}<span aria-hidden="true">?</span>
  </button>`;
}

// The keys, and what the words mean.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import { GLOSSARY } from '../glossary.ts';
import type { Model } from '../model.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['j  ↓', 'next row'],
  ['k  ↑', 'row before'],
  ['Enter', 'open the row; in the filter, the only match'],
  ['/', 'filter'],
  ['Esc', 'leave the filter; then back to all services'],
  ['?', 'this help'],
];

export function helpDialog({ term }: Pick<Model, 'term'>): TemplateResult {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys and words</h2>
    <dl class="keys">${KEYS.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    <dl class="glossary">
      ${Object.entries(GLOSSARY).map(
        ([name, [word, meaning]]) =>
          html`<div class=${name === term ? 'meant' : ''}><dt>${word}</dt><dd>${meaning}</dd></div>`,
      )}
    </dl>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

// The field that narrows a table down; the key / leads to it.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Model } from '../model.ts';

export function filterField({ filter, actions }: Model, label: string): TemplateResult {
  const onInput = ({ target }: Event): void => {
    if (target instanceof HTMLInputElement) actions.filter(target.value);
  };
  return html`<label class="filter">
    <span class="hidden">${label}</span>
    <input
      type="search"
      autocomplete="off"
      spellcheck="false"
      placeholder=${label}
      .value=${live(filter)}
      @input=${onInput}
    />
    <kbd aria-hidden="true">/</kbd>
  </label>`;
}

// The keys, and what the words mean.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';

const KEYS: readonly (readonly [string, string])[] = [
  ['j  ↓', 'next row'],
  ['k  ↑', 'row before'],
  ['Enter', 'open the row'],
  ['/', 'filter'],
  ['Esc', 'take the filter away; then back to all services'],
  ['?', 'this help'],
];

const WORDS: readonly (readonly [string, string])[] = [
  ['p50, p99', 'half of the calls, or 99 of 100, took no longer'],
  ['ejected', 'left alone for a while because its answers were bad, whatever Consul says'],
  ['probing', 'its ejection is over; one request decides'],
  ['critical', "one of Consul's checks fails"],
  ['panic', 'no endpoint is good, so all are used'],
  ['circuit open', 'calls are refused at once while every endpoint fails'],
  ['drained', 'an operator lets it finish and sends nothing new'],
  ['retries left', 'second attempts that the budget still allows'],
];

export function helpDialog(): TemplateResult {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys and words</h2>
    <dl class="keys">${KEYS.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    <dl class="glossary">${WORDS.map(([word, means]) => html`<div><dt>${word}</dt><dd>${means}</dd></div>`)}</dl>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

// A changed configuration that was not taken on: every problem with its place.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import { timeOfDay } from '../format.ts';
import type { ConfigurationProblem, RefusedConfiguration } from '../wire.ts';

export function refusedConfiguration({ at, problems }: RefusedConfiguration): TemplateResult {
  return html`<details class="refused">
    <summary>What is wrong with the configuration of ${timeOfDay(at)}</summary>
    <ul>
      ${problems.map((problem) => html`<li><code>${placeOf(problem)}</code> ${problem.message}</li>`)}
    </ul>
  </details>`;
}

function placeOf({ line, column, key }: ConfigurationProblem): string {
  const place = line === null ? '' : `${line}${column === null ? '' : `:${column}`}`;
  return [place, key].filter((part) => part !== '').join(' ');
}

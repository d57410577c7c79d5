// A changed configuration that was not taken on: every problem with its place.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import { timeOfDay } from '../format.ts';
import type { ConfigurationProblem, RefusedConfiguration } from '../wire.ts';

/** @param open whether the problems are shown at first */
export function refusedConfiguration(
  { at, problems }: RefusedConfiguration,
  { open }: { readonly open: boolean } = { open: false },
): TemplateResult {
  return html`<details class="refused" ?open=${open}>
    <summary>What is wrong with the configuration of ${timeOfDay(at)}</summary>
    <ul>
      ${problems.map((problem) => html`<li><code>${placeOf(problem)}</code> ${problem.message}</li>`)}
    </ul>
  </details>`;
}

function placeOf({ file, line, column, key }: ConfigurationProblem): string {
  const place = line === null ? '' : `${line}${column === null ? '' : `:${column}`}`;
  // The file itself is named above.
  const of = file.startsWith('Consul KV ') ? file : '';
  return [of, place, key].filter((part) => part !== '').join(' ');
}

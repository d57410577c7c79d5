// The answer to "is everything all right?", then what is wrong, the worst first.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { count } from '../format.ts';
import { servicePage } from '../route.ts';
import type { Problem, Verdict } from '../verdict.ts';
import { listed } from '../verdict.ts';
import { mark } from './status-mark.ts';

export function verdictSection({ level, headline, problems }: Verdict): TemplateResult {
  const isSingle = problems.length === 1;
  const [first] = problems;
  const { shown, more } = listed(problems);
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
    ${mark(level)}
    <div>
      <h1 id="verdict">${isSingle && first !== undefined ? problemText(first) : headline}</h1>
      ${
        isSingle || problems.length === 0
          ? nothing
          : html`<ul>
            ${shown.map((problem) => html`<li>${mark(problem.level)}<span>${problemText(problem)}</span></li>`)}
            ${more > 0 ? html`<li class="more">and ${count(more, 'more service')}, at the top of the table</li>` : nothing}
          </ul>`
      }
    </div>
  </section>`;
}

function problemText({ service, text }: Problem): TemplateResult {
  return service === null ? html`${text}` : html`<a href=${servicePage(service)}>${service}</a>: ${text}`;
}

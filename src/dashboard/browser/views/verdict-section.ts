// The answer to "is everything all right?", then what is wrong, the worst first.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { servicePage } from '../route.ts';
import type { Problem, Verdict } from '../verdict.ts';
import { mark } from './status-mark.ts';

/** What does not fit is marked in the table all the same. */
const MAX_PROBLEMS = 6;

export function verdictSection({ level, headline, problems }: Verdict): TemplateResult {
  const isSingle = problems.length === 1;
  const [first] = problems;
  const more = problems.length - MAX_PROBLEMS;
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
    ${mark(level)}
    <div>
      <h1 id="verdict">${isSingle && first !== undefined ? problemText(first) : headline}</h1>
      ${
        isSingle || problems.length === 0
          ? nothing
          : html`<ul>
            ${problems.slice(0, MAX_PROBLEMS).map((problem) => html`<li>${mark(problem.level)}<span>${problemText(problem)}</span></li>`)}
            ${more > 0 ? html`<li class="more">and ${more} more, at the top of the table</li>` : nothing}
          </ul>`
      }
    </div>
  </section>`;
}

function problemText({ service, text }: Problem): TemplateResult {
  return service === null ? html`${text}` : html`<a href=${servicePage(service)}>${service}</a>: ${text}`;
}

// A row of the figures that matter, each with its name.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { milliseconds, percent, perSecond } from '../format.ts';
import type { Term } from '../glossary.ts';
import type { Actions } from '../model.ts';
import type { Level } from '../service-status.ts';
import type { Rates } from '../wire.ts';
import { mark } from './status-mark.ts';
import { defined } from './term.ts';

export interface Figure {
  readonly name: string;
  /** Where its definition stands. */
  readonly term?: Term;
  readonly value: TemplateResult | string;
  readonly note?: TemplateResult | string | undefined;
  /** Shown by a mark when it is worth one. */
  readonly level?: Level;
}

export function figures(list: readonly Figure[], actions: Actions): TemplateResult {
  return html`<dl class="figures">
    ${list.map(
      ({ name, term, value, note, level }) => html`<div>
        <dt>${term === undefined ? name : defined(name, term, actions)}</dt>
        <dd>
          <span class="value">${level === undefined || level === 'ok' ? nothing : mark(level)}${value}</span>
          ${note === undefined ? nothing : html`<span class="note">${note}</span>`}
        </dd>
      </div>`,
    )}
  </dl>`;
}

/** Traffic over the last ten seconds. @param failing how bad the share of failures is; by default, as it is by itself */
export function rateFigures(
  { perSecond: rate, errorRatio, p50Ms, p90Ms, p99Ms }: Rates,
  failing: Level = errorLevel(errorRatio),
): readonly Figure[] {
  return [
    {
      name: 'Requests',
      term: 'requests',
      value: html`${perSecond(rate)}<small> /s</small>`,
      note: 'over the last 10 s',
    },
    {
      name: 'Failed',
      term: 'failed',
      value: percent(errorRatio),
      note: '5xx, or no response',
      level: failing,
    },
    {
      name: 'Latency',
      term: 'latency',
      value: html`${milliseconds(p50Ms)}<small> p50</small>`,
      note: `p90 ${milliseconds(p90Ms)}, p99 ${milliseconds(p99Ms)}`,
    },
  ];
}

export function errorLevel(ratio: number): Level {
  if (ratio >= 0.5) return 'error';
  return ratio >= 0.05 ? 'warning' : 'ok';
}

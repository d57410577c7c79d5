// What happened, newest first: of one kind or of all, in a panel that scrolls rather than grows.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { timeOfDay } from '../format.ts';
import type { Model } from '../model.ts';
import { servicePage } from '../route.ts';
import type { Level } from '../service-status.ts';
import type { TimelineEntry } from '../wire.ts';
import { mark } from './status-mark.ts';

export interface TimelinePanelOptions {
  /** Newest first. */
  readonly entries: readonly TimelineEntry[];
  /** Whether each entry names its service. */
  readonly namesService: boolean;
}

export function timelinePanel(
  model: Pick<Model, 'timelineKind' | 'actions'>,
  { entries, namesService }: TimelinePanelOptions,
): TemplateResult {
  const shown = entries.filter(({ kind }) => model.timelineKind === undefined || kind === model.timelineKind);
  return html`<section class="panel" aria-labelledby="happened">
    <div class="toolbar">
      <h2 id="happened">What happened</h2>
      ${kindButtons(model, entries)}
    </div>
    ${
      shown.length === 0
        ? html`<p class="empty">${nothingText(model.timelineKind)}</p>`
        : html`<ol class="timeline scrolls" tabindex="0" aria-labelledby="happened">
          ${repeat(
            shown,
            ({ id }) => id,
            (entry) => item(entry, namesService),
          )}
        </ol>`
    }
  </section>`;
}

function nothingText(kind: TimelineEntry['kind'] | undefined): string {
  return kind === undefined
    ? 'Nothing has happened in the last 15 minutes: no endpoint came or went, none was ejected, no circuit opened.'
    : `Nothing of this kind (${kind}) has happened in the last 15 minutes.`;
}

/** A button for each kind that there is. The one that is pressed stays, whatever becomes of its entries. */
function kindButtons(
  { timelineKind, actions }: Pick<Model, 'timelineKind' | 'actions'>,
  entries: readonly TimelineEntry[],
): TemplateResult | typeof nothing {
  const counts = new Map<TimelineEntry['kind'], number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (timelineKind !== undefined && !counts.has(timelineKind)) counts.set(timelineKind, 0);
  if (counts.size < 2 && timelineKind === undefined) return nothing;
  return html`<div class="chips" role="group" aria-label="Kinds">
    ${[...counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(
        ([kind, count]) => html`<button
        type="button"
        aria-pressed=${timelineKind === kind}
        @click=${() => actions.showKind(timelineKind === kind ? undefined : kind)}
      >
        ${kind} <span class="quiet">${count}</span>
      </button>`,
      )}
  </div>`;
}

function item(
  { at, severity, service, kind, summary }: TimelineEntry,
  namesService: boolean,
): TemplateResult {
  return html`<li class=${severity}>
    <time datetime=${at} title=${at}>${timeOfDay(at)}</time>
    ${mark(LEVELS[severity])}
    <p>
      ${namesService && service !== null ? linked(summary, service) : summary}
      <span class="kind">${kind}</span>
    </p>
  </li>`;
}

/** The service's name is a link where the sentence has it, and goes before it where not. */
function linked(summary: string, service: string): TemplateResult {
  const link = html`<a href=${servicePage(service)}>${service}</a>`;
  const parts = summary.split(' ');
  const at = parts.findIndex((part) => part.replace(/[.,:;]$/, '') === service);
  if (at === -1) return html`${link}: ${summary}`;
  const before = parts.slice(0, at).map((part) => `${part} `);
  const after = parts.slice(at + 1).map((part) => ` ${part}`);
  return html`${before.join('')}${link}${parts[at]?.slice(service.length)}${after.join('')}`;
}

const LEVELS: Readonly<Record<TimelineEntry['severity'], Level>> = {
  info: 'info',
  warning: 'warning',
  error: 'error',
};

// How many endpoints are in which state, as a bar and in figures.

import type { TemplateResult } from 'lit-html';
import { html, svg } from 'lit-html';
import { words } from '../format.ts';
import type { ServiceOverview } from '../wire.ts';

type State = Exclude<keyof ServiceOverview['endpointCounts'], 'total'>;

/** In the order of the bar; states that share a class share a colour. */
const PARTS: readonly { readonly state: State; readonly part: string }[] = [
  { state: 'available', part: 'good' },
  { state: 'probing', part: 'trial' },
  { state: 'ejected', part: 'out' },
  { state: 'critical', part: 'bad' },
  { state: 'maintenance', part: 'idle' },
  { state: 'drained', part: 'idle' },
  { state: 'zero_weight', part: 'idle' },
  { state: 'no_port', part: 'bad' },
  { state: 'bad_address', part: 'bad' },
  { state: 'forbidden_address', part: 'bad' },
];

const WIDTH = 72;

/** Up to this many endpoints each is a cell of its own. */
const MAX_CELLS = 12;

export function endpointSplit({ endpointCounts }: Pick<ServiceOverview, 'endpointCounts'>): TemplateResult {
  const { total, available } = endpointCounts;
  return html`<span class="split" title=${splitText(endpointCounts)}>
    <svg viewBox="0 0 ${WIDTH} 8" width=${WIDTH} height="8" aria-hidden="true">${bars(endpointCounts)}</svg>
    <span class="split-count"><b>${available}</b>/${total}</span>
  </span>`;
}

/** Such as `2 available, 1 ejected`. */
function splitText(counts: ServiceOverview['endpointCounts']): string {
  const parts = PARTS.flatMap(({ state }) => (counts[state] > 0 ? [`${counts[state]} ${words(state)}`] : []));
  return parts.length === 0 ? 'no endpoint' : parts.join(', ');
}

function bars(counts: ServiceOverview['endpointCounts']): TemplateResult[] {
  const { total } = counts;
  if (total === 0) return [svg`<rect class="none" x=".5" y=".5" width=${WIDTH - 1} height="7" rx="2"/>`];
  const gap = total <= MAX_CELLS ? 2 : 0;
  let x = 0;
  return PARTS.flatMap(({ state, part }) => {
    const pieces = total <= MAX_CELLS ? counts[state] : Math.min(counts[state], 1);
    const width = ((total <= MAX_CELLS ? 1 : counts[state]) / total) * WIDTH - gap;
    return Array.from({ length: pieces }, () => {
      const bar = svg`<rect class=${part} x=${x} y="0" width=${Math.max(width, 2)} height="8" rx=${gap === 0 ? 0 : 2}/>`;
      x += width + gap;
      return bar;
    });
  });
}

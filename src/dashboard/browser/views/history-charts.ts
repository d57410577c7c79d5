// The last 15 minutes of a service: how many requests, and how long they took.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import type { TimeChartData } from '../charts/time-chart.ts';
import { milliseconds, perSecond } from '../format.ts';
import type { OpenService } from '../model.ts';
import type { ServiceHistory, TimelineEntry } from '../wire.ts';

/** What is marked in the charts. */
const MARKED: ReadonlySet<TimelineEntry['kind']> = new Set(['ejection', 'circuit', 'panic', 'operator']);

export function historyCharts({ history, timeline }: OpenService): TemplateResult | typeof nothing {
  if (history === undefined) return nothing;
  const { calls, latency } = chartsOf(history, timeline);
  if (calls.times.length === 0) {
    return html`<p class="panel empty">Its figures are drawn from here on, every five seconds.</p>`;
  }
  return html`<div class="charts">
    <figure class="panel">
      <figcaption>Requests per second</figcaption>
      <time-chart .data=${calls} role="img" aria-label="Requests per second, and those that failed, up to the last 15 minutes"></time-chart>
    </figure>
    <figure class="panel">
      <figcaption>Latency</figcaption>
      <time-chart .data=${latency} role="img" aria-label="Latency, p50 and p99, up to the last 15 minutes"></time-chart>
    </figure>
  </div>`;
}

interface Charts {
  readonly calls: TimeChartData;
  readonly latency: TimeChartData;
}

/** Made once for each history that arrives: a chart is drawn again only for new data. */
const made = new WeakMap<ServiceHistory, Charts>();

function chartsOf(history: ServiceHistory, timeline: readonly TimelineEntry[]): Charts {
  const known = made.get(history);
  if (known !== undefined) return known;
  const charts = makeCharts(history, timeline);
  made.set(history, charts);
  return charts;
}

function makeCharts(history: ServiceHistory, timeline: readonly TimelineEntry[]): Charts {
  const { stepMs, startedAt, points } = history;
  const start = Date.parse(startedAt);
  // The last step is not over yet: shown, it would look as if the traffic fell.
  const times = points.requests.slice(0, -1).map((_, index) => (start + index * stepMs) / 1_000);
  const rate = (values: readonly number[]): number[] =>
    values.slice(0, -1).map((value) => (value * 1_000) / stepMs);
  const marks = timeline
    .filter(({ kind, severity }) => MARKED.has(kind) && severity !== 'info')
    .toReversed()
    .map(({ at, severity }) => ({
      at: Date.parse(at) / 1_000,
      stroke: severity === 'error' ? '--error' : '--warning',
    }));
  return {
    calls: {
      times,
      marks,
      unit: (value) => (value === null ? '–' : perSecond(value)),
      lines: [
        { label: 'All', stroke: '--chart-calls', fill: '--chart-calls-fill', values: rate(points.requests) },
        {
          label: 'Failed',
          stroke: '--chart-errors',
          fill: '--chart-errors-fill',
          values: rate(points.errors),
        },
      ],
    },
    latency: {
      times,
      marks,
      unit: milliseconds,
      lines: [
        { label: 'p50', stroke: '--chart-median', values: points.p50Ms.slice(0, -1) },
        { label: 'p99', stroke: '--chart-tail', dash: [5, 3], values: points.p99Ms.slice(0, -1) },
      ],
    },
  };
}

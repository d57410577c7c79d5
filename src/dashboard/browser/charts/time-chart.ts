// A chart over the last minutes: <time-chart>. Charts of one page move their cursors together.

import uPlot from 'uplot';
import { timeOfDay } from '../format.ts';
import { colour, onThemeChange } from './theme.ts';

export interface Line {
  readonly label: string;
  /** A custom property with the colour. */
  readonly stroke: string;
  readonly fill?: string;
  readonly dash?: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface TimeChartData {
  /** Seconds since 1970, oldest first. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly unit: (value: number | null) => string;
  /** Moments worth a mark, in seconds since 1970, oldest first, with the colour's custom property. */
  readonly marks: readonly { readonly at: number; readonly stroke: string }[];
}

const HEIGHT = 168;

/** The most that is shown. */
const SPAN_SECONDS = 15 * 60;

/** The least: the figures of a process that started just now are not drawn as if they were a curve. */
const SHORTEST_SPAN_SECONDS = 60;

/** Below this distance a grid line's time needs its seconds. */
const MINUTE = 60;

/** Marks nearer to each other than this, in CSS pixels, are one. */
const MARK_GAP = 5;

const FONT = '11px system-ui, sans-serif';

export class TimeChart extends HTMLElement {
  #data: TimeChartData | undefined;
  #chart: uPlot | undefined;
  #stopListening: (() => void) | undefined;
  readonly #resize = new ResizeObserver(() => {
    if (this.clientWidth > 0) this.#chart?.setSize({ width: this.clientWidth, height: HEIGHT });
  });

  set data(data: TimeChartData) {
    if (data === this.#data) return;
    this.#data = data;
    if (this.isConnected) this.#draw(data);
  }

  connectedCallback(): void {
    this.#resize.observe(this);
    this.#stopListening = onThemeChange(() => this.#chart?.redraw(false));
    if (this.#data !== undefined) this.#draw(this.#data);
  }

  disconnectedCallback(): void {
    this.#resize.disconnect();
    this.#stopListening?.();
    this.#chart?.destroy();
    this.#chart = undefined;
  }

  #draw(data: TimeChartData): void {
    const columns: uPlot.AlignedData = [[...data.times], ...data.lines.map(({ values }) => [...values])];
    if (this.#chart === undefined) this.#chart = new uPlot(this.#options(data), columns, this);
    else this.#chart.setData(columns);
  }

  #options({ lines, unit }: TimeChartData): uPlot.Options {
    const axis: uPlot.Axis = {
      stroke: () => colour('--text-quiet'),
      font: FONT,
      grid: { stroke: () => colour('--line-quiet'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.clientWidth || 320,
      height: HEIGHT,
      // Half of a time stands beyond the right end when it is a full one.
      padding: [8, 26, 0, 0],
      cursor: { sync: { key: 'dashboard' }, points: { size: 6 }, drag: { x: false, y: false } },
      legend: { show: true, live: true },
      scales: {
        x: { range: (_chart, min, max) => [firstShown(min, max), max] },
        y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        {
          ...axis,
          values: (_chart, splits, _axis, _space, step) => splits.map((at) => clockTime(at, step < MINUTE)),
          space: 70,
          size: 26,
        },
        {
          ...axis,
          size: 58,
          space: 34,
          values: (_chart, splits) => splits.map((value) => (value === 0 ? '0' : unit(value))),
        },
      ],
      series: [
        { label: 'Time', value: '{HH}:{mm}:{ss}' },
        ...lines.map(
          ({ label, stroke, fill, dash }): uPlot.Series => ({
            label,
            stroke: () => colour(stroke),
            width: 1.5,
            points: { show: false },
            spanGaps: false,
            value: (_chart, value) => unit(value),
            ...(fill !== undefined && { fill: () => colour(fill) }),
            ...(dash !== undefined && { dash: [...dash] }),
          }),
        ),
      ],
      hooks: {
        drawClear: [(chart) => this.#drawMarks(chart)],
        setData: [showLatest],
        setCursor: [showLatest],
      },
    };
  }

  #drawMarks(chart: uPlot): void {
    const { ctx, bbox } = chart;
    const gap = MARK_GAP * devicePixelRatio;
    let last = Number.NEGATIVE_INFINITY;
    for (const { at, stroke } of this.#data?.marks ?? []) {
      const x = Math.round(chart.valToPos(at, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width || x - last < gap) continue;
      last = x;
      ctx.save();
      ctx.strokeStyle = colour(stroke);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    }
  }
}

/** While the pointer is elsewhere, the legend has the figures of the last moment. */
function showLatest(chart: uPlot): void {
  const last = chart.data[0].length - 1;
  if (chart.cursor.idx === null && chart.legend.idx !== last && last >= 0)
    chart.setLegend({ idx: last }, false);
}

/** As much as there is, up to a quarter of an hour: what a young process has uses the whole width. */
function firstShown(min: number, max: number): number {
  return max - Math.min(SPAN_SECONDS, Math.max(SHORTEST_SPAN_SECONDS, max - min));
}

/** @param at seconds since 1970 */
function clockTime(at: number, withSeconds: boolean): string {
  const text = timeOfDay(new Date(at * 1_000).toISOString());
  return withSeconds ? text : text.slice(0, 5);
}

customElements.define('time-chart', TimeChart);

// A chart the size of a word: <spark-line>.

import uPlot from 'uplot';
import { colour, onThemeChange } from './theme.ts';

/** Fewer values than this, a minute's, do not fill the width. */
const FEWEST_POINTS = 12;

export class SparkLine extends HTMLElement {
  #values: readonly number[] = [];
  #chart: uPlot | undefined;
  #stopListening: (() => void) | undefined;
  #isVisible = false;
  readonly #observer = new IntersectionObserver((entries) => {
    this.#isVisible = entries.some(({ isIntersecting }) => isIntersecting);
    if (this.#isVisible) {
      this.dispatchEvent(new Event('shown'));
      this.#draw();
    }
  });

  /** Oldest first. The same array is drawn once. */
  set values(values: readonly number[]) {
    if (values === this.#values) return;
    this.#values = values;
    if (this.#isVisible) this.#draw();
  }

  connectedCallback(): void {
    this.setAttribute('aria-hidden', 'true');
    this.#observer.observe(this);
    this.#stopListening = onThemeChange(() => this.#chart?.redraw(false));
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    this.#stopListening?.();
    this.#chart?.destroy();
    this.#chart = undefined;
  }

  #draw(): void {
    const values = [...this.#values];
    const data: uPlot.AlignedData = [values.map((_, index) => index), values];
    if (this.#chart === undefined) this.#chart = new uPlot(this.#options(), data, this);
    else this.#chart.setData(data);
  }

  #options(): uPlot.Options {
    return {
      width: this.clientWidth || 96,
      height: this.clientHeight || 24,
      padding: [2, 2, 2, 2],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: {
          time: false,
          range: (_chart, _min, max) => [Math.min(0, max - FEWEST_POINTS + 1), Math.max(max, 1)],
        },
        y: { range: (_chart, _min, max) => [0, Math.max(max, 1)] },
      },
      axes: [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: () => colour('--chart-calls'),
          fill: () => colour('--chart-calls-fill'),
          width: 1.25,
          points: { show: false },
        },
      ],
    };
  }
}

customElements.define('spark-line', SparkLine);

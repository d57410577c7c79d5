// One line of the results: what was measured, and what came out.

export interface ScaleFigure {
  /** The column, with the unit. */
  readonly name: string;
  readonly value: number;
  /** The most that was promised; undefined where nothing is. */
  readonly atMost?: number | undefined;
}

export interface ScaleRow {
  /** Rows of one part stand in one table. */
  readonly part: string;
  readonly what: string;
  readonly figures: readonly ScaleFigure[];
}

/** Three digits that count, and whole from 100 on; the promise and whether it is kept beside it. */
export function cellOf({ value, atMost }: ScaleFigure): string {
  const shown = shownValue(value);
  if (atMost === undefined) return shown;
  return `${shown} (≤ ${shownValue(atMost)}: ${value <= atMost ? 'met' : 'missed'})`;
}

function shownValue(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** For names: 5,000. */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}

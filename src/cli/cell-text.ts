// Text in the cells of a terminal: how wide it is, and how it is made to fit.

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** East Asian wide and fullwidth (UAX #11), and emoji, take two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f|[\u{20000}-\u{3fffd}]/u;

const CONTROL = /\p{Cc}|\p{Cf}(?<!\u200d)|[\u2028\u2029]/gu;

/** How many cells it takes; without control characters. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += segmentWidth(segment);
  return width;
}

/** Exactly so many cells: filled with spaces, or cut with an ellipsis. What would move the cursor is taken out. */
export function fitCells(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const plain = text.replaceAll(CONTROL, ' ');
  const cells = cellWidth(plain);
  if (cells <= width) {
    const filling = ' '.repeat(width - cells);
    return align === 'left' ? plain + filling : filling + plain;
  }
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of SEGMENTER.segment(plain)) {
    const next = used + segmentWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return `${kept}…${' '.repeat(width - 1 - used)}`;
}

function segmentWidth(segment: string): number {
  return WIDE.test(segment) ? 2 : 1;
}

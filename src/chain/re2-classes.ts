// Classes of characters as RE2 has them. Pure. Source: google/re2, doc/syntax.txt.

/** Code units, both ends included. */
export type Range = readonly [from: number, to: number];

const LAST = 0xffff;

const LOWER: Range = [0x61, 0x7a];
const UPPER: Range = [0x41, 0x5a];
const DIGIT: Range = [0x30, 0x39];
const WORD: readonly Range[] = [DIGIT, UPPER, [0x5f, 0x5f], LOWER];
/** Unlike `\s` of JavaScript it has neither a vertical tab nor spaces beyond ASCII. */
const SPACE: readonly Range[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];

const PERL: Readonly<Record<string, readonly Range[]>> = { d: [DIGIT], s: SPACE, w: WORD };

const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: [DIGIT, UPPER, LOWER],
  alpha: [UPPER, LOWER],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: [DIGIT],
  graph: [[0x21, 0x7e]],
  lower: [LOWER],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper: [UPPER],
  word: WORD,
  xdigit: [DIGIT, [0x41, 0x46], [0x61, 0x66]],
};

/** Of `\d` and its like, by the letter; undefined when there is none of that letter. */
export function perlClass(letter: string): readonly Range[] | undefined {
  const ranges = PERL[letter.toLowerCase()];
  return ranges === undefined || letter === letter.toLowerCase() ? ranges : complement(ranges);
}

/** @param name as between `[:` and `:]`, with `^` before it for all others; undefined when there is none of that name */
export function posixClass(name: string): readonly Range[] | undefined {
  const isNegated = name.startsWith('^');
  const ranges = POSIX[isNegated ? name.slice(1) : name];
  return ranges === undefined || !isNegated ? ranges : complement(ranges);
}

/** With the other case of every letter of ASCII. */
export function withBothCases(ranges: readonly Range[]): readonly Range[] {
  return ranges.flatMap((range) => [
    range,
    ...overlap(range, LOWER).map(([from, to]): Range => [from - 0x20, to - 0x20]),
    ...overlap(range, UPPER).map(([from, to]): Range => [from + 0x20, to + 0x20]),
  ]);
}

/** As JavaScript writes it. */
export function classText(ranges: readonly Range[], isNegated = false): string {
  const parts = ranges.map(([from, to]) =>
    from === to ? unitText(from) : `${unitText(from)}-${unitText(to)}`,
  );
  return `[${isNegated ? '^' : ''}${parts.join('')}]`;
}

/** One code unit, as it can stand within a class and outside. */
export function unitText(code: number): string {
  const char = String.fromCharCode(code);
  return /[\w%~ ]/.test(char) ? char : `\\u${code.toString(16).padStart(4, '0')}`;
}

function overlap([from, to]: Range, [first, last]: Range): readonly Range[] {
  const begin = Math.max(from, first);
  const end = Math.min(to, last);
  return begin > end ? [] : [[begin, end]];
}

/** @param ranges in ascending order */
function complement(ranges: readonly Range[]): readonly Range[] {
  const others: Range[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) others.push([next, from - 1]);
    next = to + 1;
  }
  return [...others, [next, LAST]];
}

// Regular expressions of RE2, which Consul's entries are written in, as JavaScript's: what only tells where something was
// found is left out, flags and counts are written out. Pure. Source: google/re2, doc/syntax.txt; golang/go, regexp/syntax.

import type { Range } from './re2-classes.ts';
import { classText, perlClass, posixClass, unitText, withBothCases } from './re2-classes.ts';

/** Why a text is no regular expression of RE2, or none that can be matched here; a phrase. */
export class RegexFault extends Error {}

/** What counts (`{3,32}`) make of a pattern, in characters: each takes time at every character of a request's text. */
const LONGEST_COUNTED = 2_048;

/** As RE2 has it. */
const MOST_REPEATED = 1_000;

const FLAGS = /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y;
const GROUP = /\((?:\?P?<\w+>|(?!\?))/y;
const REPEATED = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/y;
const POSIX_NAME = /\[:(\^?\w+):\]/y;
const HEX = /\\x(?:\{([0-9A-Fa-f]{1,4})\}|([0-9A-Fa-f]{2}))/y;
const OCTAL = /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y;
const QUOTED = /\\Q(.*?)(?:\\E|$)/sy;

const NOT_ALPHANUMERIC = /^[\0-/:-@[-`{-\x7f]$/;

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
/** Without flags, and within them: nothing that is matched has more than one line. */
const PLACES: Readonly<Record<string, string>> = { A: '^', z: '$', b: '\\b', B: '\\B' };

/**
 * @param ignoreCase as if it began with `(?i)`
 * @returns the source of a JavaScript regular expression without flags
 * @throws RegexFault
 */
export function translateRe2(source: string, ignoreCase: boolean): string {
  return new Translation(source).read(ignoreCase);
}

class Translation {
  readonly #source: string;
  #at = 0;
  #counted = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(ignoreCase: boolean): string {
    const text = this.#alternatives(ignoreCase);
    if (this.#at < this.#source.length) throw new RegexFault('it closes a group that it did not open');
    return text;
  }

  /** As far as the end of the group. */
  #alternatives(ignoresCase: boolean): string {
    let ignoreCase = ignoresCase;
    let text = '';
    for (let char = this.#source[this.#at]; char !== undefined; char = this.#source[this.#at]) {
      if (char === ')') return text;
      if (char === '|') {
        text += char;
        this.#at++;
        continue;
      }
      const flags = this.#take(FLAGS);
      if (flags !== undefined) {
        const within =
          flags[2]?.includes('i') === true ? false : flags[1]?.includes('i') === true || ignoreCase;
        if (flags[3] === ')') ignoreCase = within;
        else text += this.#repeated(this.#group(within));
        continue;
      }
      const quoted = this.#take(QUOTED)?.[1];
      if (quoted === undefined) text += this.#repeated(this.#atom(char, ignoreCase));
      else if (quoted !== '') {
        const units = [...quoted].map((each) => literal(each, ignoreCase));
        text += units.slice(0, -1).join('') + this.#repeated(units.at(-1) ?? '');
      }
    }
    return text;
  }

  #group(ignoreCase: boolean): string {
    const content = this.#alternatives(ignoreCase);
    if (this.#source[this.#at] !== ')') throw new RegexFault('it opens a group that it does not close');
    this.#at++;
    return `(?:${content})`;
  }

  /** One thing that can be repeated. */
  #atom(char: string, ignoreCase: boolean): string {
    if (this.#take(GROUP) !== undefined) return this.#group(ignoreCase);
    if (char === '(') throw new RegexFault('it has a group of a kind that RE2 has not');
    if (this.#take(REPEATED) !== undefined) throw new RegexFault('it repeats nothing');
    if (char === '\\') return this.#escape(ignoreCase);
    if (char === '[') return this.#class(ignoreCase);
    this.#at += char.length;
    if (char === '.') return '[^\\n]';
    return char === '^' || char === '$' ? `(?:${char})` : literal(char, ignoreCase);
  }

  #escape(ignoreCase: boolean): string {
    const letter = this.#source[this.#at + 1] ?? '';
    const place = PLACES[letter];
    const ranges = perlClass(letter);
    if (place === undefined && ranges === undefined) return unit(this.#escapedCode(), ignoreCase);
    this.#at += 2;
    return ranges === undefined ? `(?:${place})` : classText(ranges);
  }

  /** Of an escape that means one character. */
  #escapedCode(): number {
    const hex = this.#take(HEX);
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    const octal = this.#take(OCTAL)?.[1];
    if (octal !== undefined) return Number.parseInt(octal, 8);
    const escaped = this.#source[this.#at + 1] ?? '';
    const code = CONTROLS[escaped] ?? (NOT_ALPHANUMERIC.test(escaped) ? escaped.charCodeAt(0) : undefined);
    if (code === undefined) throw new RegexFault(`it has \\${escaped}, which cannot be matched here`);
    this.#at += 2;
    return code;
  }

  #class(ignoreCase: boolean): string {
    this.#at++;
    const isNegated = this.#source[this.#at] === '^';
    if (isNegated) this.#at++;
    const ranges: Range[] = [];
    // A bracket at the beginning does not close it.
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      if (this.#source[this.#at] === undefined) {
        throw new RegexFault('it opens a class of characters that it does not close');
      }
      ranges.push(...this.#classItem());
    }
    this.#at++;
    return classText(ignoreCase ? withBothCases(ranges) : ranges, isNegated);
  }

  #classItem(): readonly Range[] {
    const posix = this.#take(POSIX_NAME)?.[1];
    if (posix !== undefined) {
      const named = posixClass(posix);
      if (named === undefined) throw new RegexFault(`it has [:${posix}:], which is no class of characters`);
      return named;
    }
    const perl = this.#source[this.#at] === '\\' ? perlClass(this.#source[this.#at + 1] ?? '') : undefined;
    if (perl !== undefined) {
      this.#at += 2;
      return perl;
    }
    const from = this.#classUnit();
    if (this.#source[this.#at] !== '-' || [']', undefined].includes(this.#source[this.#at + 1])) {
      return [[from, from]];
    }
    this.#at++;
    const to = this.#classUnit();
    if (to < from) throw new RegexFault('it has a range of characters that ends before it begins');
    return [[from, to]];
  }

  #classUnit(): number {
    if (this.#source[this.#at] === '\\') return this.#escapedCode();
    return this.#source.charCodeAt(this.#at++);
  }

  #repeated(atom: string): string {
    const found = this.#take(REPEATED);
    if (found === undefined) return atom;
    if (this.#take(REPEATED) !== undefined) throw new RegexFault('it repeats a repetition');
    const [, sign, least, comma, most] = found;
    if (sign !== undefined) return atom + sign;
    const from = Number(least);
    const to = comma === undefined ? from : most === '' ? undefined : Number(most);
    if (Math.max(from, to ?? 0) > MOST_REPEATED || (to ?? from) < from) {
      throw new RegexFault(`it repeats ${found[0]} times, which RE2 does not`);
    }
    const count = from + (to === undefined ? 1 : to - from);
    this.#counted += (atom.length + 1) * count;
    if (this.#counted > LONGEST_COUNTED) {
      throw new RegexFault(`written out, its counts make it longer than ${LONGEST_COUNTED} characters`);
    }
    const rest = to === undefined ? `${atom}*` : `${atom}?`.repeat(to - from);
    return `(?:${atom.repeat(from)}${rest})`;
  }

  /** @param pattern sticky */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }
}

function literal(char: string, ignoreCase: boolean): string {
  return char.length === 1 ? unit(char.charCodeAt(0), ignoreCase) : `(?:${char})`;
}

function unit(code: number, ignoreCase: boolean): string {
  const ranges = ignoreCase ? withBothCases([[code, code]]) : [];
  return ranges.length > 1 ? classText(ranges) : unitText(code);
}

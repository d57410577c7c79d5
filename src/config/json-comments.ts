// Comments as in JavaScript, in a file with JSON's braces: JSON has none, and YAML takes them for the beginning of a key.

export interface WithoutComments {
  /** Each comment replaced by as many spaces, so that every place stays. */
  readonly text: string;
  /** Where each comment begins, in UTF-16 units. */
  readonly comments: readonly number[];
}

/** A file that begins as JSON does, and may have a comment before its first key. */
const LIKE_JSON = /^\s*(?:\/[/*]|[[{]\s*(?:"|\/[/*]))/;

/** Text in quotes, of which each part is taken whole, or a comment. */
const QUOTED_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

export function withoutComments(text: string): WithoutComments {
  if (!LIKE_JSON.test(text)) return { text, comments: [] };
  const comments: number[] = [];
  const blanked = text.replace(QUOTED_OR_COMMENT, (token: string, at: number) => {
    if (token.startsWith('"')) return token;
    comments.push(at);
    return token.replaceAll(/[^\n]/g, ' ');
  });
  return { text: blanked, comments };
}

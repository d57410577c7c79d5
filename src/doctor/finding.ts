// What was found when everything around an ambassador was looked at.

export type Level = 'ok' | 'warning' | 'failure';

export interface Finding {
  readonly level: Level;
  /** What was looked at, in a word or two: `consul`, `payments at 10.0.0.7:8080`. */
  readonly subject: string;
  /** One line. */
  readonly message: string;
  /** What to do about it, one line; undefined where there is nothing to do. */
  readonly remedy?: string | undefined;
}

export function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message };
}

export function warning(subject: string, message: string, remedy?: string): Finding {
  return { level: 'warning', subject, message, remedy };
}

export function failure(subject: string, message: string, remedy?: string): Finding {
  return { level: 'failure', subject, message, remedy };
}

const SEVERITY: Readonly<Record<Level, number>> = { ok: 0, warning: 1, failure: 2 };

export function worst(findings: readonly Finding[]): Level {
  return findings.reduce<Level>((so, { level }) => (SEVERITY[level] > SEVERITY[so] ? level : so), 'ok');
}

// The terminal as a screen of its own, given back as it was, however this process ends.

import { emitKeypressEvents } from 'node:readline';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';

const ENDING = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** What a terminal is taken for that does not tell its size. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

export interface TerminalEvents {
  readonly resized: () => void;
  /** @param key as Node's readline names it, `ctrl-` before it where Ctrl is held */
  readonly pressed: (key: string) => void;
}

export class Terminal {
  #close: (() => void) | undefined;

  get size(): { readonly width: number; readonly height: number } {
    const { columns, rows } = process.stdout;
    return { width: columns || DEFAULT_SIZE.columns, height: rows || DEFAULT_SIZE.rows };
  }

  open({ resized, pressed }: TerminalEvents): void {
    const { stdin, stdout } = process;
    const keypress = (_text: unknown, { name, ctrl }: { name?: string; ctrl?: boolean }): void =>
      pressed(`${ctrl === true ? 'ctrl-' : ''}${name ?? ''}`);
    const restore = (): void => {
      stdin.setRawMode(false);
      stdout.write(LEAVE);
    };
    const end = (): void => pressed('q');
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('keypress', keypress);
    stdout.on('resize', resized);
    for (const signal of ENDING) process.on(signal, end);
    process.on('exit', restore);
    stdout.write(ENTER);
    this.#close = () => {
      process.off('exit', restore);
      for (const signal of ENDING) process.off(signal, end);
      stdout.off('resize', resized);
      stdin.off('keypress', keypress);
      stdin.pause();
      restore();
    };
  }

  /** @param lines as many as it is high, each exactly as wide */
  draw(lines: readonly string[]): void {
    process.stdout.write(`${HOME}${lines.join('\r\n')}`);
  }

  close(): void {
    this.#close?.();
    this.#close = undefined;
  }
}

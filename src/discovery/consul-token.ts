// The ACL token: a fixed value, or a file that is read again when it changes.

import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

export type TokenSetting =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly token: string }
  | { readonly kind: 'file'; readonly path: string };

export class ConsulToken {
  readonly #setting: TokenSetting;
  readonly #logger: Logger;
  #read: { readonly mtimeMs: number; readonly token: string } | undefined;
  #complained = false;

  constructor(setting: TokenSetting, logger: Logger) {
    this.#setting = setting;
    this.#logger = logger;
  }

  /** The token in force, or undefined for none. A file that cannot be read now leaves the last one in force. */
  async current(): Promise<string | undefined> {
    if (this.#setting.kind === 'none') return undefined;
    if (this.#setting.kind === 'value') return this.#setting.token;
    const { path } = this.#setting;
    try {
      const { mtimeMs } = await stat(path);
      if (this.#read?.mtimeMs !== mtimeMs) {
        this.#read = { mtimeMs, token: (await readFile(path, 'utf8')).trim() };
      }
      this.#complained = false;
    } catch (error) {
      if (!this.#complained) {
        this.#logger.warn({ path, error: messageOf(error) }, 'the file with the Consul token cannot be read');
      }
      this.#complained = true;
    }
    return this.#read?.token || undefined;
  }
}

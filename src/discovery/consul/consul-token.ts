// The ACL token: a fixed value, or a file whose content counts as it is now.

import { readFile } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { secrets } from '../../core/secrets.ts';

export type TokenSetting =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly token: string }
  | { readonly kind: 'file'; readonly path: string };

export class ConsulToken {
  readonly #setting: TokenSetting;
  readonly #logger: Logger;
  #last: string | undefined;
  #complained = false;

  constructor(setting: TokenSetting, logger: Logger) {
    this.#setting = setting;
    if (setting.kind === 'value') secrets.learn(setting.token);
    this.#logger = logger;
  }

  /**
   * The token in force, or undefined for none. A file that cannot be read now, or is empty as it is for a moment
   * while it is being written, leaves the last one in force.
   */
  async current(): Promise<string | undefined> {
    if (this.#setting.kind === 'none') return undefined;
    if (this.#setting.kind === 'value') return this.#setting.token;
    const { path } = this.#setting;
    try {
      const token = (await readFile(path, 'utf8')).trim();
      if (token === '') throw new Error('it is empty');
      secrets.learn(token);
      this.#last = token;
      this.#complained = false;
    } catch (error) {
      if (!this.#complained) {
        this.#logger.warn({ path, error: messageOf(error) }, 'the file with the Consul token cannot be read');
      }
      this.#complained = true;
    }
    return this.#last;
  }
}

import type { Path } from '../config/raw.ts';
import { formatPath } from '../config/raw.ts';
import { messageOf } from '../core/errors.ts';

/** A file that the configuration names cannot be used. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  /** The key of the configuration that names it. */
  readonly key: string;

  constructor(path: Path, cause: unknown) {
    const key = formatPath(path);
    super(`${key}: ${messageOf(cause)}`, { cause });
    this.key = key;
  }
}

export function raiseProblem(problem: FileProblem): never {
  throw problem;
}

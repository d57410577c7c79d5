// The text of the configuration file, within bounds. What it means is decided elsewhere.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import { knownFileFault } from '../core/file-fault.ts';
import { shortageOf } from '../core/shortage.ts';
import type { ConfigText } from './parse.ts';
import { ConfigError } from './problem.ts';

/** Far above what anybody writes by hand, and soon read. */
const MAX_FILE_BYTES = 1024 ** 2;

/**
 * @param file the path of a YAML or JSON file; undefined: there is none, and defaults and environment alone count
 * @throws ConfigError when it cannot be read
 */
export async function readConfigFile(file: string | undefined): Promise<ConfigText | undefined> {
  return file === undefined ? undefined : readSource(file);
}

/** @throws ConfigError when it cannot be read */
export async function readSource(file: string): Promise<ConfigText> {
  const text = await readText(file);
  // As it is for a moment while an editor writes it: to drop every setting then would be the wrong reading.
  if (text.trim() === '')
    throw unusable(file, 'the file is empty; {} would be all defaults', { line: 1, column: 1 });
  return { file, text };
}

async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  if (bytes.length > MAX_FILE_BYTES) throw unusable(file, 'larger than 1 MiB, the most that is read');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const line = bytes.subarray(0, firstNotText(bytes)).toString('latin1').split('\n').length;
    throw unusable(file, 'not UTF-8 text; save it as UTF-8', { line, column: 1 });
  }
}

/** Where the first byte stands that is no UTF-8. */
function firstNotText(bytes: Buffer): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isText(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Also of text that ends within a character. */
function isText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** At most one byte more than is allowed, whatever the file says of its size. */
async function readBytes(file: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    throw unusable(file, readFault(error), { cause: error });
  } finally {
    await handle?.close();
  }
}

function readFault(error: unknown): string {
  return knownFileFault(error) ?? `cannot be read: ${shortageOf(error) ?? messageOf(error)}`;
}

interface Why {
  readonly line?: number;
  readonly column?: number;
  readonly cause?: unknown;
}

function unusable(file: string, message: string, { line, column, cause }: Why = {}): ConfigError {
  return new ConfigError([{ file, line, column, path: '', message }], cause);
}

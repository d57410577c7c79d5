// The files of the page: read when first asked for, and kept. There is no build step: TypeScript loses its types on
// the way (in a release the compiler has taken them out already).

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, sep } from 'node:path';
import type { Asset } from './asset.ts';
import { assetOf, contentTypeOf } from './asset.ts';
import { libraryFiles } from './library-files.ts';

const FOLDER = join(import.meta.dirname, 'browser');

/** How this very file ends is how the page's scripts end. */
export const SCRIPT_EXTENSION = extname(import.meta.filename);

export class PageFiles {
  readonly #assets = new Map<string, Promise<Asset>>();
  #paths: ReadonlyMap<string, string> | undefined;

  /** @param name the path below `/dashboard/`; undefined when the page has no such file */
  find(name: string): Promise<Asset> | undefined {
    const known = this.#assets.get(name);
    if (known !== undefined) return known;
    this.#paths ??= new Map([...ownFiles(), ...libraryFiles()]);
    const path = this.#paths.get(name);
    const type = contentTypeOf(name);
    if (path === undefined || type === undefined) return undefined;
    const asset = load(path, type);
    this.#assets.set(name, asset);
    asset.catch(() => this.#assets.delete(name));
    return asset;
  }
}

function ownFiles(): [string, string][] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => contentTypeOf(path) !== undefined && !path.endsWith('.html'))
    .map((path) => [path.split(sep).join('/'), join(FOLDER, path)]);
}

async function load(path: string, type: string): Promise<Asset> {
  const text = await readFile(path, 'utf8');
  return assetOf(path.endsWith('.ts') ? stripTypeScriptTypes(text) : text, type);
}

/** The page itself, with the places of its scripts filled in. */
export function readTemplate(): Promise<string> {
  return readFile(join(FOLDER, 'index.html'), 'utf8');
}

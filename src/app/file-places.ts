// Which folders a file lies in, through all links on the way, and which names in each lead to it.

import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';

/** A folder, as far as it leads to the file. */
export interface WatchedPlace {
  /** Which folder it is, whatever it is called. */
  readonly identity: string;
  /** Whether a change of what has this name in it may be one of the file. */
  concerns(name: string): boolean;
}

/** As in Linux: more links are a circle. */
const MAX_LINKS = 40;

const ANY = '*';

/** By folder; where one on the way is not there, the one in which it should be. @param path a file, or `FOLDER/*` */
export async function placesOf(path: string): Promise<ReadonlyMap<string, WatchedPlace>> {
  const names = new Map<string, Set<string>>();
  for (const at of await stepsOf(path)) {
    const step = await nearestStep(at);
    const folder = dirname(step);
    names.set(folder, (names.get(folder) ?? new Set<string>()).add(basename(step)));
  }
  const places = new Map<string, WatchedPlace>();
  for (const [folder, leading] of names) {
    const identity = (await identityOf(folder)) ?? '';
    // A folder that is moved or removed tells it by its own name.
    const concerns = (name: string) => leading.has(ANY) || leading.has(name) || name === basename(folder);
    places.set(folder, { identity, concerns });
  }
  return places;
}

/** Every link that the path leads through, and where it ends. */
async function stepsOf(path: string): Promise<readonly string[]> {
  const steps: string[] = [];
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = await firstLink(target);
    if (link === undefined) break;
    steps.push(link.at);
    target = resolve(dirname(link.at), link.leadsTo, link.rest);
  }
  return [...steps, target];
}

/** The path itself, or what is missing first on the way to it. */
async function nearestStep(path: string): Promise<string> {
  const folder = dirname(path);
  return folder === path || (await identityOf(folder)) !== undefined ? path : nearestStep(folder);
}

/** Undefined where there is none. */
function identityOf(folder: string): Promise<string | undefined> {
  return stat(folder).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => undefined,
  );
}

/** The first part of the path that is a symbolic link. */
async function firstLink(path: string) {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  let at = root;
  for (const [index, part] of parts.entries()) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) {
      return { at, leadsTo: await readlink(at).catch(() => ''), rest: parts.slice(index + 1).join(sep) };
    }
  }
  return undefined;
}

// Where in the file, or in the environment, the setting stands that a complaint is about.

import type { ConfigProblem } from '../core/config-events.ts';
import type { EnvironmentLayer } from './consul-environment.ts';
import type { Complaint } from './explain.ts';
import type { Path } from './raw.ts';
import { formatPath, pathKey } from './raw.ts';
import type { ConfigDocument } from './yaml-document.ts';
import type { Place } from './yaml-syntax.ts';

/** The problem that a complaint comes to; undefined when it only follows from one that is known already. */
export function locate(
  complaint: Complaint,
  document: ConfigDocument,
  environment: EnvironmentLayer,
): ConfigProblem | undefined {
  const { message } = complaint;
  const variable = environment.origins.get(pathKey(complaint.path));
  if (variable !== undefined && !isWritten(document, complaint.path)) {
    return { file: 'environment', line: undefined, column: undefined, path: variable, message };
  }
  const path = writtenPath(document, complaint.path);
  const follows = document.broken.some(
    (broken) => startsWith(path, broken) || (complaint.aboutFit && startsWith(broken, path)),
  );
  if (follows) return undefined;
  const place = placeOf(document, path, complaint.aboutKey);
  const file = place?.source ?? document.file;
  return { file, line: place?.line, column: place?.column, path: formatPath(path), message };
}

export function isWritten(document: ConfigDocument, path: Path): boolean {
  return document.values.has(pathKey(path));
}

/** The path as the file has it: the only one of a list may be written without a list. */
function writtenPath(document: ConfigDocument, path: Path): Path {
  const setting = settingPath(document, path);
  const alone = typeof setting.at(-1) === 'number' && !isWritten(document, setting);
  return alone ? setting.slice(0, -1) : setting;
}

/**
 * Where a setting comes from: what a route does not say itself may stand in its service, and what that does not say
 * in `defaults`.
 */
export function settingPath(document: ConfigDocument, path: Path): Path {
  const [section, name, ...rest] = path;
  if (section !== 'services' || name === undefined) return path;
  const inService = rest[0] === 'routes' ? rest.slice(2) : rest;
  const places = [path, ['services', name, ...inService], ['defaults', ...inService]];
  // What is missing at the end tells how well a place fits; of two that fit alike the nearer one counts.
  const missing = places.map((place) => place.length - writtenDepth(document, place));
  const best = missing.indexOf(Math.min(...missing));
  return places[best] ?? path;
}

/** How many steps of a path the file has. */
function writtenDepth(document: ConfigDocument, path: Path): number {
  let depth = 0;
  while (depth < path.length && isWritten(document, path.slice(0, depth + 1))) depth++;
  return depth;
}

function placeOf(document: ConfigDocument, path: Path, aboutKey: boolean): Place | undefined {
  const key = pathKey(path);
  const place = aboutKey ? document.keys.get(key) : document.values.get(key);
  if (place !== undefined) return place;
  // Something is missing: the key that it is missing under shows the place best.
  for (let depth = path.length; depth > 0; depth--) {
    const outer = pathKey(path.slice(0, depth));
    const around = document.keys.get(outer) ?? document.values.get(outer);
    if (around !== undefined) return around;
  }
  return document.values.get(pathKey([]));
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((step, index) => path[index] === step);
}

// The libraries that the page uses, as their packages bring them: no bundle, no copy.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package as the page imports it. */
interface Library {
  /** The file that a bare import of the package means. */
  readonly main: string;
  /** Every file that is served; nothing else of the package is. */
  readonly files: readonly string[];
}

const LIBRARIES: Readonly<Record<string, Library>> = {
  'lit-html': {
    main: 'lit-html.js',
    files: [
      'lit-html.js',
      'directive.js',
      'directive-helpers.js',
      'directives/repeat.js',
      'directives/live.js',
    ],
  },
  uplot: { main: 'dist/uPlot.esm.js', files: ['dist/uPlot.esm.js', 'dist/uPlot.min.css'] },
};

/** Where a library's file is found below `/dashboard/`, mapped to where it lies on the disk. */
export function libraryFiles(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, { files }] of Object.entries(LIBRARIES)) {
    const folder = packageFolder(name);
    for (const file of files) found.set(`libraries/${name}/${file}`, join(folder, file));
  }
  return found;
}

/** The import map of the page. @param base the path of the page's files, ending in a slash */
export function importMap(base: string): string {
  const imports = Object.entries(LIBRARIES).flatMap(([name, { main }]) => [
    [name, `${base}libraries/${name}/${main}`],
    [`${name}/`, `${base}libraries/${name}/`],
  ]);
  return JSON.stringify({ imports: Object.fromEntries(imports) });
}

/** A package's main file for Node need not be the browser's, and lies anywhere in its folder. */
function packageFolder(name: string): string {
  const path = fileURLToPath(import.meta.resolve(name));
  const marker = join('node_modules', name);
  const end = path.lastIndexOf(marker);
  return end === -1 ? dirname(path) : path.slice(0, end + marker.length);
}

// Loads modules of ours at their first use. Not by import(): where no descriptor is left, that fails, and Node.js 22 takes a
// module that could not be read once as broken for as long as the process lives.

import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

const loaded = new Map<string, unknown>();

/**
 * Reading modules takes one descriptor at a time; but node:tls, where it is among them, begins a thread that reads the
 * certificates of NODE_EXTRA_CA_CERTS or of the system meanwhile.
 */
const SPARE = 4;

/** Held open, so that there are some to read modules with when all others are taken. */
let spare = takeDescriptors();

/**
 * The module, loaded at once: nothing else of this process can take the descriptors in between.
 * @param specifier relative to the file that asks, as an import would name it
 * @param from its `import.meta.url`
 * @throws whatever the module throws when it is evaluated
 */
export function loadModule<Module>(specifier: `.${string}.ts`, from: string): Module {
  const path = fileURLToPath(new URL(asBuilt(specifier), from));
  if (!loaded.has(path)) {
    for (const descriptor of spare) closeSync(descriptor);
    try {
      loaded.set(path, require(path));
    } finally {
      spare = takeDescriptors();
    }
  }
  return loaded.get(path) as Module;
}

/** The compiler rewrites the extensions of imports only. */
function asBuilt(specifier: string): string {
  return specifier.replace(/\.ts$/, extname(import.meta.filename));
}

function takeDescriptors(): readonly number[] {
  const taken: number[] = [];
  try {
    while (taken.length < SPARE) taken.push(openSync(devNull, 'r'));
  } catch {
    // As many as there are.
  }
  return taken;
}

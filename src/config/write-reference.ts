// `npm run docs`: writes docs/configuration.md anew.

import { mkdir, writeFile } from 'node:fs/promises';
import { configReference } from './reference.ts';

const directory = new URL('../../docs/', import.meta.url);
await mkdir(directory, { recursive: true });
await writeFile(new URL('configuration.md', directory), configReference());

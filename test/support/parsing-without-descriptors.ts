// Parses a configuration with no file descriptor left, and prints what that came to: a process of its own, with few of them.

import { closeSync, openSync } from 'node:fs';
import { parseConfigApart } from '../../src/config/parse-apart.ts';
import { messageOf } from '../../src/core/errors.ts';

// What it needs is loaded.
await parseConfigApart({ file: 'a.yaml', text: '{}' }, {});
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // None is left.
}
const faults: unknown[] = [];
process.on('uncaughtException', (fault) => faults.push(fault));
const said = await parseConfigApart({ file: 'a.yaml', text: '{}' }, {}).then(() => 'parsed', messageOf);
for (const descriptor of taken) closeSync(descriptor);
const again = await parseConfigApart({ file: 'a.yaml', text: '{}' }, {}).then(() => 'parsed', messageOf);
console.log(JSON.stringify({ said, again, faults: faults.map(messageOf) }));

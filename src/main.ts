#!/usr/bin/env node
// Written so that a much older Node.js reads it, and importing nothing before it has looked at which one this is: the rest
// would end in a SyntaxError there.

/** As `engines` in package.json has it. */
const OLDEST = [22, 19] as const;

/** BSD's EX_UNAVAILABLE: something that is needed is not there. */
const UNSUPPORTED_NODE = 69;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `ambassador: Node.js ${OLDEST.join('.')} or later is needed, and this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = UNSUPPORTED_NODE;
} else {
  const { expectSignals } = await import('./cli/early-signals.ts');
  expectSignals(process.argv[2]);
  await import('./cli/entry.ts');
}

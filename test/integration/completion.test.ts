// The completion scripts in the shells they are for. A shell that is not here is passed over.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../support/find-program.ts';

const run = promisify(execFile);
const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

/** A directory with the file `some.yaml` and, in `bin`, the program `ambassador`. */
async function startPlace(t: TestContext): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'completion-'));
  t.after(() => rm(place, { recursive: true }));
  const program = join(place, 'ambassador');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(program, 0o755);
  await writeFile(join(place, 'some.yaml'), '');
  return place;
}

/** Each prints a line for each word that the shell offers after the line. */
const ASK: Readonly<Record<string, (line: string) => string>> = {
  bash: (line) => `
    compopt() { :; }
    source <(ambassador completion bash)
    COMP_LINE='${line}' COMP_POINT=${line.length}
    read -r -a COMP_WORDS <<< "$COMP_LINE"
    [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _ambassador
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line) => `ambassador completion fish | source; complete -C '${line}'`,
  // What a widget offers shows only on a terminal: the two ways out of the function are stood in for.
  zsh: (line) => `
    compdef() { :; }
    source <(ambassador completion zsh)
    _files() { print -l some.yaml; }
    compadd() { shift; print -rl -- "$@"; }
    words=("\${(@s: :)\${:-${line}}}"); CURRENT=\${#words}
    _ambassador`,
};

for (const [shell, ask] of Object.entries(ASK)) {
  test(`${shell} offers commands, values and files, and nothing where nothing can stand`, async (t) => {
    const found = findProgram(shell);
    if (found === undefined) return t.skip(`there is no ${shell}`);
    const place = await startPlace(t);
    const offered = async (line: string): Promise<readonly string[]> => {
      const env = { ...process.env, PATH: `${place}:${process.env['PATH']}`, HOME: place };
      const flags = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell] ?? [];
      const { stdout } = await run(found, [...flags, ask(line)], { env, cwd: place });
      return stdout.split('\n').filter((word) => word !== '');
    };
    assert.deepEqual(await offered('ambassador unej'), ['uneject']);
    assert.deepEqual(await offered('ambassador log-level '), ['debug', 'error', 'info', 'warn']);
    assert.deepEqual(await offered('ambassador check -c so'), ['some.yaml']);
    assert.deepEqual(await offered('ambassador completion bash '), []);
    return undefined;
  });
}

// What a process that stays needs to be small: V8's heap and compilers and malloc's arenas can only be set as it starts, so
// that it starts once more in its own place.

import { setFlagsFromString } from 'node:v8';

/**
 * V8's default of 16 MiB for each half holds garbage that a proxy could do without. Below 8 MiB what 300 requests under way hold
 * is moved to the old generation before they end: that cost 14 to 22 µs a request, and 55 MiB of garbage.
 */
const YOUNG_GENERATION = '--max-semi-space-size=8';

/**
 * The middle one of V8's compilers leaves malloc's heap in pieces, 20 MB of them, as it compiles hundreds of functions at
 * once. Without it the last one has to begin earlier than after its 3,000 calls, or code stays slow for too long.
 */
const COMPILERS = ['--no-maglev', '--invocation-count-for-turbofan=800'];

/**
 * In MiB. V8's default lets 30 MB of garbage gather before its first full collection, and the memory is not given back.
 * What a process really needs may go on growing.
 */
const FIRST_COLLECTION = '--initial-heap-size=32';

/** In percent of what the last full collection left. As V8 chooses it, a thousand clients held 200 MiB instead of 126. */
const LATER_COLLECTIONS = '--heap-growing-percent=50';

/** A young generation this small is swept sooner by one thread than several can be woken. V8 takes this at any time. */
const ONE_SWEEPER = '--no-parallel-scavenge';

/**
 * What starting runs is not run again, and what an idle process runs need not be fast: compiled by V8's last compiler, as the
 * loader of modules was, it costs 7 MB of that compiler's own pages.
 */
const COMPILE_LATER = '--no-opt';
const COMPILE_NOW = '--opt';

/** For the collection after the start, and for the memory of reads (`net/read-garbage.ts`); all others are V8's own. */
const COLLECTION_ON_CALL = '--expose-gc';

/**
 * In bytes, of what small buffers are cut from. The last of them in use holds the whole: with Node's 64 KiB, small bodies of
 * responses under way held 6 MB.
 */
const BUFFER_POOL = 8 * 1024;

/** One arena for all threads: each further one keeps what it was once given. Glibc's default is eight for each core. */
const ARENAS = 'MALLOC_ARENA_MAX';

/** Tells that the variable is not the user's: what this process starts for the user gets neither. */
const OWN_ARENAS = 'AMBASSADOR_SET_MALLOC_ARENA_MAX';

/** The newest major version of Node.js that is known to take these flags: one that did not would end at once. */
const NEWEST_TRIED = 26;

/**
 * Goes on as a new program in the same process (execve), unless it has been done, the user has chosen a size, or the
 * system cannot, or is newer than was tried. Call it first: everything so far is done again.
 */
export function becomeLean(nodeVersion = process.versions.node): void {
  setFlagsFromString(ONE_SWEEPER);
  Buffer.poolSize = BUFFER_POOL;
  const { execve, execArgv, execPath, argv, env, connected } = process;
  const chosen = [...execArgv, env['NODE_OPTIONS'] ?? ''].some((flags) => flags.includes('semi-space-size'));
  // A channel to a parent process would not survive.
  if (chosen || connected || execve === undefined) return;
  if (Number.parseInt(nodeVersion, 10) > NEWEST_TRIED) return;
  const own = env[ARENAS] === undefined ? { [ARENAS]: '1', [OWN_ARENAS]: '1' } : {};
  execve(
    execPath,
    [
      execPath,
      YOUNG_GENERATION,
      FIRST_COLLECTION,
      LATER_COLLECTIONS,
      ...COMPILERS,
      COMPILE_LATER,
      COLLECTION_ON_CALL,
      ...execArgv,
      ...argv.slice(1),
    ],
    { ...env, ...own },
  );
}

/**
 * Gives back what only starting needed. Call it as soon as the start is over, when few wait for an answer: the collection
 * takes some tens of milliseconds.
 */
export function settle(): void {
  // The flavor that shrinks the young generation, too.
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
}

/** Lets V8 compile what runs hot. Call it when there is something that needs to be fast. */
export function speedUp(): void {
  setFlagsFromString(COMPILE_NOW);
}

/** The environment as the user gave it. */
export function usersEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [ARENAS]: arenas, [OWN_ARENAS]: own, ...rest } = env;
  return own === undefined && arenas !== undefined ? { ...rest, [ARENAS]: arenas } : rest;
}

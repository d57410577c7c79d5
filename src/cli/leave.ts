// The end of a process that stays. Node.js joins the threads of its pool when it exits, and one of them may be in a write
// to a pipe without a reader, or in a name lookup that takes half a minute.

import { flushCompileCache } from 'node:module';

/** What runs in the pool, as `process.getActiveResourcesInfo` names it. */
const IN_POOL = /^(FSReq|GetAddrInfo|GetNameInfo)/;

/** Ends the process now, whatever is under way. Listeners of `exit` are called. */
export function leave(code: number): never {
  if (process.getActiveResourcesInfo().some((resource) => IN_POOL.test(resource))) leaveThreadsBehind(code);
  process.exit(code);
}

/** Goes on as a program that only ends (execve): that ends every other thread and keeps the exit code. */
function leaveThreadsBehind(code: number): void {
  const { env, execPath, execve, pid } = process;
  process.emit('exit', code);
  // process.exit writes the cache as well. Without NODE_COMPILE_CACHE this does nothing.
  flushCompileCache();
  try {
    execve?.(execPath, [execPath, '-e', `process.exit(${code})`], lastEnvironment(env));
  } finally {
    // Where the system has no execve.
    process.kill(pid, 'SIGKILL');
  }
}

/** What loading Node.js may need of an environment, and nothing that would have it do more than end. */
export function lastEnvironment({ LD_LIBRARY_PATH }: NodeJS.ProcessEnv): Record<string, string> {
  return LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH };
}

// npm passes a signal on to the shell of a script, and the shell ends without telling the program in it.

const LOOK_EVERY_MS = 300;

export interface ScriptParentOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The id of the parent as it is now. Default: this process's. */
  readonly parentId?: () => number;
}

/**
 * Calls `gone` once when this process was started by a script of npm and the shell of that script has ended. Anything
 * else that started it may end without it. Does not keep the process alive.
 */
export function onScriptEnded(gone: () => void, options: ScriptParentOptions): void {
  const { env, parentId = () => process.ppid } = options;
  if (env['npm_lifecycle_event'] === undefined) return;
  const shell = parentId();
  const look = setInterval(() => {
    if (parentId() === shell) return;
    clearInterval(look);
    gone();
  }, LOOK_EVERY_MS);
  look.unref();
}

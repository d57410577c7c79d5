import type { Call } from '../call.ts';

/** Passes the call on and gives its slot back exactly once: when it fails, or with the last byte of its response. */
export function holdSlot<R>(next: (call: Call) => Promise<R>, call: Call, release: () => void): Promise<R> {
  let held = true;
  const letGo = (): void => {
    if (!held) return;
    held = false;
    release();
  };
  call.onFinished(letGo);
  return next(call).catch((error: unknown) => {
    letGo();
    throw error;
  });
}

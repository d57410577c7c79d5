import type { Call, CallResult, Send } from '../call.ts';

/** Passes the call on and gives its slot back exactly once: when it fails, or with the last byte of its answer. */
export function holdSlot(next: Send, call: Call, release: () => void): Promise<CallResult> {
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

import type { Call, CallResult, Send } from './call.ts';

/** Passes the call on and gives its slot back exactly once: when it fails, or with the last byte of its answer. */
export async function holdSlot(next: Send, call: Call, release: () => void): Promise<CallResult> {
  let held = true;
  const letGo = (): void => {
    if (!held) return;
    held = false;
    release();
  };
  call.onFinished(letGo);
  try {
    return await next(call);
  } catch (error) {
    letGo();
    throw error;
  }
}

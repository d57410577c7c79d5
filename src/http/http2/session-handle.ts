// The native halves of a session and its streams, which V8 collects in any order. Where a stream broke off in the middle of its
// fields, node:http2 (22 and 26) ends the process unless the stream's goes first: an assertion in ~Http2Session that nothing of
// the session's memory is in use.

import type { Http2Session, Http2Stream } from 'node:http2';

export interface NativeHalves {
  readonly stream: object;
  readonly session: object;
}

/** Holds the session's until the stream's has been collected. */
const held = new FinalizationRegistry<object>(() => {});

/** @returns undefined where node:http2 keeps them elsewhere than it did */
export function nativeHalvesOf(stream: Http2Stream, session: Http2Session): NativeHalves | undefined {
  const ofStream = handleOf(stream);
  const ofSession = handleOf(session);
  return ofStream && ofSession && { stream: ofStream, session: ofSession };
}

/** The session's half stays for as long as the stream's. */
export function keepSession({ stream, session }: NativeHalves): void {
  held.register(stream, session);
}

let handle: symbol | undefined;

function handleOf(of: object): object | undefined {
  handle ??= Object.getOwnPropertySymbols(of).find(({ description }) => description === 'kHandle');
  const half: unknown = handle === undefined ? undefined : Reflect.get(of, handle);
  return typeof half === 'object' && half !== null ? half : undefined;
}

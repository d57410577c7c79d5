// Contents of requests for tests.

import type { Readable } from 'node:stream';
import type { Body, BodySink, StreamFault } from '../../src/http/body.ts';

/** All of it at hand. */
export function wholeBody(content: Buffer | string): Body {
  const whole = Buffer.from(content);
  return { length: whole.length, whole, deliver: () => {}, resume: () => {}, abandon: () => {} };
}

/** As it arrives. @param length its Content-Length; undefined for content in chunks */
export function streamedBody(source: Readable, length?: number): Body {
  let sink: BodySink | undefined;
  let fault: StreamFault | undefined;
  source.on('error', ({ message }) => {
    fault = { reason: 'client_gone', detail: message };
    sink?.broken(fault);
  });
  return {
    length,
    whole: undefined,
    deliver: (given) => {
      sink = given;
      if (fault !== undefined) sink.broken(fault);
      source.on('data', (chunk: Buffer) => {
        if (sink?.data(chunk) === false) source.pause();
      });
      source.on('end', () => sink?.end([]));
    },
    resume: () => source.resume(),
    abandon: () => {
      sink = undefined;
      source.destroy();
    },
  };
}

// A question on its way: ended when its answer goes beyond all bounds or is cut, and read no faster than other work allows.

import type { ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { nextTurn } from '../../core/next-turn.ts';
import { readAfresh } from '../../net/read-garbage.ts';

/** Ten thousand instances fit several times; more is a fault, and would fill the memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Consul sends none; a stream of them without end would take all the time there is. */
const MAX_INTERIM_RESPONSES = 16;

/** So much is read in one turn of the event loop; Node.js would read 2 MiB, which takes 4 ms. */
const TURN_BYTES = 256 * 1024;

/** It came, and says nothing that can be used. */
export class UnusableAnswer extends Error {}

/** Emits `error` on it as soon as nothing of use can come any more. */
export function guardCall(call: ClientRequest): void {
  const refuse = (detail: string): void => {
    call.emit('error', new UnusableAnswer(detail));
    call.destroy();
  };
  let interim = 0;
  call.on('information', () => {
    if (++interim > MAX_INTERIM_RESPONSES) refuse('nothing comes but interim responses (1xx)');
  });
  call.on('response', (response) => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) refuse('the answer is longer than 64 MiB');
    });
    readInTurns(response);
    response.on('error', () => {});
    response.on('close', () => {
      if (!response.complete) call.emit('error', new Error('the answer was cut in the middle'));
    });
  });
}

/** Pauses it for a turn of the event loop after each part; who listens to `data` gets all. */
export function readInTurns(response: Readable): void {
  let bytesOfTurn = 0;
  const goOn = (): void => {
    bytesOfTurn = 0;
    response.resume();
  };
  response.on('data', (chunk: Buffer) => {
    readAfresh(chunk.length);
    bytesOfTurn += chunk.length;
    if (bytesOfTurn < TURN_BYTES) return;
    response.pause();
    void nextTurn().then(goOn);
  });
}

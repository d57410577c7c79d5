// The processor time of this thread, exact to the microsecond whatever else the machine does. `process.threadCpuUsage` goes
// by getrusage(2), which on Linux is up to a tick of the scheduler (4 ms) behind while the thread runs; WASI has the clock.

import { WASI } from 'node:wasi';

/** The part that is used of what only the types of browsers describe. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer } } };
};

/** A module with a page of memory and nothing else, which the clock's value is written to. */
const MEMORY_ALONE = [
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 10, 1, 6, ...Buffer.from('memory'), 2, 0],
];

/** `CLOCK_THREAD_CPUTIME_ID` of WASI preview 1. */
const THREAD_CPU_TIME = 3;

/** @returns reads the clock of the thread that calls it, in milliseconds */
export function threadClock(): () => number {
  const wasi = new WASI({ version: 'preview1' });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(MEMORY_ALONE)));
  wasi.initialize(instance);
  const { clock_time_get: read } = wasi.wasiImport;
  if (typeof read !== 'function') throw new Error('this Node.js has no clock of WASI');
  const value = new DataView(instance.exports.memory.buffer);
  return () => {
    read(THREAD_CPU_TIME, 0n, 0);
    return Number(value.getBigUint64(0, true)) / 1e6;
  };
}

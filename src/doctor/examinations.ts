// All that is looked at, in the order in which it is shown: a new examination is a file of its own and a line here.

import { certificates } from './certificates.ts';
import { connect } from './connect.ts';
import { consul } from './consul.ts';
import type { Examination } from './context.ts';
import { endpoints } from './endpoints.ts';
import { entries } from './entries.ts';
import { machine } from './machine.ts';
import { registration } from './registration.ts';

export const EXAMINATIONS: readonly Examination[] = [
  machine,
  consul,
  certificates,
  registration,
  connect,
  entries,
  endpoints,
];

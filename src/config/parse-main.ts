// Parses a configuration for another process: the question on standard input, the answer on standard output, both in
// V8's serialization.

import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { ParseQuestion } from './parse-answer.ts';
import { parseAnswer } from './parse-answer.ts';

const question: ParseQuestion = deserialize(await buffer(process.stdin));
process.stdout.write(serialize(parseAnswer(question)));

// Fetches `METHOD URL` for each pair of arguments behind the file that POST sends, and prints `STATUS BODY` for each.

import { readFileSync } from 'node:fs';

const [upload = '', ...pairs] = process.argv.slice(2);
for (let index = 0; index + 1 < pairs.length; index += 2) {
  const method = pairs[index] as string;
  const body = method === 'GET' ? null : readFileSync(upload);
  const response = await fetch(pairs[index + 1] as string, { method, body });
  console.log(`${response.status} ${(await response.text()).trim()}`);
}

// As node-client.ts, by undici's request and the proxy that the environment names.

import { readFileSync } from 'node:fs';
import { EnvHttpProxyAgent, request } from 'undici';

const [upload = '', ...pairs] = process.argv.slice(2);
const dispatcher = new EnvHttpProxyAgent();
for (let index = 0; index + 1 < pairs.length; index += 2) {
  const method = pairs[index] as 'GET' | 'POST';
  const body = method === 'GET' ? null : readFileSync(upload);
  const { statusCode, body: content } = await request(pairs[index + 1] as string, {
    method,
    body,
    dispatcher,
  });
  console.log(`${statusCode} ${(await content.text()).trim()}`);
}
await dispatcher.close();

// `ambassador methods`: the methods of a service whose requests are translated, and the requests of HTTP that they are.

import { parseArgs } from 'node:util';
import type { ServiceView } from '../admin/service-view.ts';
import type { TranslationView } from '../admin/translation-view.ts';
import type { ApiMethod } from '../translate/translated-api.ts';
import { AdminError } from './admin-address.ts';
import { ADMIN_USAGE, adminClient, ADMIN_OPTIONS as OPTIONS } from './admin-options.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { textTable } from './text-table.ts';

export const methods: Command = {
  usage: `ambassador methods SERVICE [--admin ADDRESS] [--json]
${ADMIN_USAGE}

Exit code 1 when they are not known.`,
  options: OPTIONS,
  positionals: ['service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0)
      throw new UsageError('methods expects the name of one service');
    const answer = await adminClient(values.admin, io.env).get(`/api/services/${encodeURIComponent(name)}`);
    const { translation } = answer as Partial<ServiceView>;
    if (translation === undefined)
      throw new AdminError('the admin API answered something else than a service');
    if (translation === null) {
      throw new AdminError(`${name} is not translated: its clients speak what its endpoints do (translate)`);
    }
    io.print(values.json ? JSON.stringify(translation, null, 2) : translationText(name, translation));
    return translation.methods === null ? EXIT.failed : EXIT.done;
  },
};

function translationText(name: string, translation: TranslationView): string {
  const { clients, methods: listed, ruleFaults } = translation;
  return [
    `Clients of ${name} may speak ${clients.join(', ')}`,
    ...sourceLines(translation.description),
    ...ruleFaults.map((fault) => `Left out: ${fault}`),
    ...(listed === null
      ? []
      : ['', textTable(['METHOD', 'KIND', 'REQUEST', 'CONTENT'], listed.flatMap(methodRows))]),
  ].join('\n');
}

function sourceLines(description: TranslationView['description']): string[] {
  if (description === null) return ['Its methods need not be known'];
  const { from, path, version, saved, confirmedAt, fault } = description;
  const source = from === 'file' ? path : `server reflection${version === null ? '' : ` (${version})`}`;
  const earlier = saved ? ', of an earlier run' : '';
  const when = confirmedAt === null ? 'not known yet' : `confirmed ${confirmedAt}`;
  return [`Its methods, by ${source}${earlier}: ${when}`, ...(fault === null ? [] : [`Fault: ${fault}`])];
}

/** A line for each of its requests. */
function methodRows({ name, kind, routes, deprecated }: ApiMethod): readonly (readonly string[])[] {
  const kinds = `${kind.replace('_', ' ')}${deprecated ? ', deprecated' : ''}`;
  return routes.map(({ method, path, body }, index) => [
    index === 0 ? name : '',
    index === 0 ? kinds : '',
    `${method} ${path}`,
    contentText(body),
  ]);
}

function contentText(body: string | null): string {
  if (body === null) return 'none';
  return body === '*' ? 'the message' : `its field ${body}`;
}

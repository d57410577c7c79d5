import type { Row } from '../row.ts';
import { ambassador } from './ambassador.ts';
import type { RowPeer } from './row-peer.ts';

/** What a translated row is compared with: the ambassador, with a response that passes as it is. */
export const untranslated: RowPeer = {
  name: 'ambassador, untranslated',
  find: ambassador.find,
  translates: true,
  path: '/small',
  prepare(job) {
    const { translated, ...row } = job.row;
    const plain: Row = { ...row, path: '/small', grpc: false };
    return translated === true ? ambassador.prepare({ ...job, row: plain }) : undefined;
  },
};

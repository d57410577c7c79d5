// The API of the row that is translated: that of the sample service `ledger`, and a response of it.

import { fromJson, toBinary } from '@bufbuild/protobuf';
import { LEDGER_DESCRIPTORS } from '../../../src/demo/ledger/descriptors.ts';
import { ledgerRegistry } from '../../../src/demo/ledger/ledger-service.ts';
import { frame } from '../../../src/translate/grpc-frames.ts';

/** Where gRPC is asked for it. */
export const ACCOUNT_PATH = '/ledger.v1.Ledger/GetAccount';

/** An encoded google.protobuf.FileDescriptorSet. */
export function accountDescriptors(): Buffer {
  return Buffer.from(LEDGER_DESCRIPTORS, 'base64');
}

/** A message as gRPC frames it. */
export function accountResponse(): Buffer {
  const account = ledgerRegistry().getMessage('ledger.v1.Account');
  if (account === undefined) throw new Error('the account is not described');
  const message = fromJson(account, {
    name: 'accounts/alice',
    holder: 'Alice of the first floor',
    balanceCents: '125000',
    opened: '2026-01-01T00:00:00Z',
    instance: 'ledger-1',
  });
  return frame(toBinary(account, message));
}

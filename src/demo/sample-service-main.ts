// The sample service as a process of its own: `--service payments --instance payments-1 [--protocol] [--host] [--port]`.

import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    service: { type: 'string', default: 'payments' },
    protocol: { type: 'string', default: 'http' },
    instance: { type: 'string', default: `payments-${process.pid}` },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
  },
});
const options = { ...values, port: Number(values.port) };
const service =
  values.protocol === 'grpc'
    ? await (await import('./ledger/ledger-service.ts')).startLedgerService(options)
    : await (await import('./sample-service.ts')).startSampleService(options);

if (process.send === undefined) {
  console.log(`${values.instance} listens on ${values.host}:${service.port}`);
  process.once('SIGINT', () => process.exit(0));
} else {
  process.send({ port: service.port });
  // The demo that started it has ended, however that came about.
  process.once('disconnect', () => process.exit(0));
  // Ctrl-C reaches every process of the terminal; the demo decides when this one ends.
  process.on('SIGINT', () => {});
}
process.once('SIGTERM', () => process.exit(0));

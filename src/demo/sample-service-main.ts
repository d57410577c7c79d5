// The sample service as a process of its own: `--service payments --instance payments-1 [--host] [--port]`.

import { parseArgs } from 'node:util';
import { startSampleService } from './sample-service.ts';

const { values } = parseArgs({
  options: {
    service: { type: 'string', default: 'payments' },
    instance: { type: 'string', default: `payments-${process.pid}` },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
  },
});
const service = await startSampleService({ ...values, port: Number(values.port) });

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

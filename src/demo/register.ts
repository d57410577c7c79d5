// The few calls with which the demo tells Consul of its sample services.

export type SampleProtocol = 'http' | 'grpc';

export interface SampleRegistration {
  readonly service: string;
  /** Unique at the agent; the same again replaces the former one. */
  readonly id: string;
  readonly port: number;
  /** Where Consul and callers reach it. Default 127.0.0.1. */
  readonly address?: string;
  /** What it speaks. Default http. */
  readonly protocol?: SampleProtocol;
}

const ANSWER_WITHIN_MS = 5_000;

/** Registers it with a check of its protocol every second; a minute after it turned critical Consul drops it. */
export async function registerSample(consulAddress: string, sample: SampleRegistration): Promise<void> {
  const address = sample.address ?? '127.0.0.1';
  const response = await fetch(`${consulAddress}/v1/agent/service/register?replace-existing-checks=true`, {
    method: 'PUT',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    body: JSON.stringify({
      Name: sample.service,
      ID: sample.id,
      Address: address,
      Port: sample.port,
      Check: {
        ...checkOf(`${address}:${sample.port}`, sample.protocol ?? 'http'),
        Interval: '1s',
        Timeout: '1s',
        DeregisterCriticalServiceAfter: '1m',
      },
    }),
  });
  if (!response.ok)
    throw new Error(`Consul refused ${sample.id}: ${response.status} ${await response.text()}`);
}

function checkOf(authority: string, protocol: SampleProtocol): object {
  return protocol === 'grpc'
    ? { Name: 'grpc.health.v1.Health', GRPC: authority }
    : { Name: 'GET /health', HTTP: `http://${authority}/health` };
}

/** How many instances of the service Consul finds passing. */
export async function countPassing(consulAddress: string, service: string): Promise<number> {
  const response = await fetch(`${consulAddress}/v1/health/service/${service}?passing=true`);
  const instances: unknown = await response.json();
  return Array.isArray(instances) ? instances.length : 0;
}

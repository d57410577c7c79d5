// What connections to services that are called over TCP come to. Bytes count as they move: a connection may last for days.

import type { ConnectionFacts } from '../../core/connection-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { MetricsRegistry } from './registry.ts';
import { ServiceCounts } from './service-counts.ts';
import type { MeasuredService, MeasuredServices } from './service-metrics.ts';

export class ConnectionMetrics implements Observer {
  readonly #connections: ServiceCounts;
  readonly #attempts: ServiceCounts;

  constructor(registry: MetricsRegistry, services: MeasuredServices) {
    this.#connections = new ServiceCounts(registry, {
      name: 'tcp_connections_total',
      help: 'Connections of clients that ended, to services that are called over TCP, by reason; an empty reason where both sides ended in order.',
      labels: ['reason'],
    });
    this.#attempts = new ServiceCounts(registry, {
      name: 'tcp_connect_attempts_total',
      help: 'Endpoints that were tried for such connections, by outcome: connected, or the reason of the failure.',
      labels: ['outcome'],
    });
    registry.gauge(
      {
        name: 'tcp_connections_open',
        help: 'Connections of clients that are open, to services that are called over TCP.',
        labels: ['service'],
      },
      (report) => {
        for (const { name, active } of overTcp(services())) report({ service: name }, active);
      },
    );
    registry.counter(
      {
        name: 'tcp_bytes_total',
        help: 'Bytes carried so far over connections to services that are called over TCP: received from clients, sent to clients.',
        labels: ['service', 'direction'],
      },
      (report) => {
        for (const { name, bytes } of overTcp(services())) {
          report({ service: name, direction: 'received' }, bytes.received);
          report({ service: name, direction: 'sent' }, bytes.sent);
        }
      },
    );
  }

  serviceOpened(service: string): void {
    this.#connections.open(service);
    this.#attempts.open(service);
  }

  serviceClosed(service: string): void {
    this.#connections.close(service);
    this.#attempts.close(service);
  }

  connectionFinished({ service, reason, attempts, connectMs }: ConnectionFacts): void {
    this.#connections.add(service, reason ?? '');
    for (const [index, { failure }] of attempts.entries()) {
      const isLast = index === attempts.length - 1;
      const outcome = isLast && connectMs !== undefined ? 'connected' : (failure ?? 'unfinished');
      this.#attempts.add(service, outcome);
    }
  }
}

function* overTcp(services: Iterable<MeasuredService>): Generator<MeasuredService> {
  for (const service of services) if (service.upstream.protocol === 'tcp') yield service;
}

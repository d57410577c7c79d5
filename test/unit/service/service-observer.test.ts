import assert from 'node:assert/strict';
import { it } from 'node:test';
import { OutlierHost } from '../../../src/outlier/host.ts';
import type { ServiceObserver } from '../../../src/service/service-observer.ts';
import { ServiceObservers } from '../../../src/service/service-observer.ts';

it('ServiceObservers tells each observer everything, in order', () => {
  const heard: string[] = [];
  const observers = new ServiceObservers([observer('a', heard), observer('b', heard)]);
  observers.serviceOpened('payments');
  observers.tablePublished(
    'payments',
    { version: 1, endpoints: [] },
    { added: [], removed: [], changed: [] },
    'registry',
  );
  observers.discoveryFailed('payments', { kind: 'unreachable', detail: '' });
  observers.discoveryRecovered('payments');
  observers.outlierTransition('payments', '10.0.0.7:8080', {
    type: 'returned',
    host: new OutlierHost('a'),
    at: 0,
    share: { ejected: 0, total: 1, cap: 0 },
  });
  observers.panicChanged('payments', 'none');
  observers.serviceClosed('payments');
  const calls = ['opened', 'published', 'failed', 'recovered', 'transition', 'panic', 'closed'];
  assert.deepEqual(
    heard,
    calls.flatMap((call) => [`a ${call} payments`, `b ${call} payments`]),
  );
});

function observer(name: string, heard: string[]): ServiceObserver {
  const hear = (call: string) => (service: string) => {
    heard.push(`${name} ${call} ${service}`);
  };
  return {
    serviceOpened: hear('opened'),
    serviceClosed: hear('closed'),
    tablePublished: hear('published'),
    discoveryFailed: hear('failed'),
    discoveryRecovered: hear('recovered'),
    outlierTransition: hear('transition'),
    panicChanged: hear('panic'),
  };
}

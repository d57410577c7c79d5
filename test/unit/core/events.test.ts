import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventName, Observer } from '../../../src/core/events.ts';
import { combineObservers, silentObserver } from '../../../src/core/events.ts';

describe('combined observers', () => {
  it('report each event to those that listen to it, in order, with everything it carries', () => {
    const heard: unknown[][] = [];
    const both = combineObservers(
      [
        { tablePublished: (...all) => heard.push(['first', ...all]) },
        { serviceOpened: (...all) => heard.push(['second', ...all]) },
        {
          tablePublished: (...all) => heard.push(['third', ...all]),
          serviceOpened: (...all) => heard.push(['third', ...all]),
        },
      ],
      unexpected,
    );
    const table = { version: 1, endpoints: [] };
    const diff = { added: [], removed: [], changed: [] };
    both.tablePublished('payments', table, diff, 'registry');
    both.serviceOpened('payments');
    both.panicChanged('payments', 'none');
    assert.deepEqual(heard, [
      ['first', 'payments', table, diff, 'registry'],
      ['third', 'payments', table, diff, 'registry'],
      ['second', 'payments'],
      ['third', 'payments'],
    ]);
  });

  it('are there for every event, listened to or not', () => {
    class Listener implements Observer {
      #opened = 0;
      serviceOpened(): void {
        this.#opened++;
      }
      get opened(): number {
        return this.#opened;
      }
    }
    const listener = new Listener();
    const { serviceOpened, ...others } = combineObservers([listener], unexpected);
    serviceOpened('payments');
    assert.equal(listener.opened, 1, 'a method keeps its this');
    assert.deepEqual(new Set(Object.keys(others)), new Set(OTHER_EVENTS));
    others.shrinkHeld('payments', 1);
  });

  it('go on when a listener throws, and report the fault', () => {
    const heard: string[] = [];
    const faults: [EventName, unknown][] = [];
    const observer = combineObservers(
      [
        {
          wouldLimit: () => {
            throw new RangeError('broken');
          },
        },
        { wouldLimit: (service) => heard.push(service) },
      ],
      (event, thrown) => {
        faults.push([event, thrown]);
        throw new Error('the log is broken too');
      },
    );
    observer.wouldLimit('payments');
    assert.deepEqual(heard, ['payments']);
    assert.deepEqual(faults, [['wouldLimit', new RangeError('broken')]]);
  });

  it('can be combined again, and an event without a listener stays one', () => {
    const heard: string[] = [];
    const inner = combineObservers([{ wouldBreak: (service) => heard.push(service) }], unexpected);
    const outer = combineObservers([inner], unexpected);
    outer.wouldBreak('payments');
    assert.deepEqual(heard, ['payments']);
    assert.equal(outer.wouldLimit, silentObserver.wouldLimit);
    assert.notEqual(outer.wouldBreak, silentObserver.wouldBreak);
  });
});

const OTHER_EVENTS: readonly Exclude<EventName, 'serviceOpened'>[] = [
  'requestStarted',
  'requestFinished',
  'connectionFinished',
  'failoverChanged',
  'serviceClosed',
  'tablePublished',
  'discoveryFailed',
  'discoveryRecovered',
  'outlierTransition',
  'panicChanged',
  'chainChanged',
  'copiesLost',
  'overrideChanged',
  'descriptionChanged',
  'descriptionFailed',
  'circuitChanged',
  'wouldBreak',
  'wouldShed',
  'wouldLimit',
  'discoveryQueried',
  'shrinkHeld',
  'shrinkBelieved',
  'configReloaded',
  'configRefused',
  'errorsJumped',
];

function unexpected(event: EventName, thrown: unknown): never {
  throw new Error(`a listener to ${event} failed`, { cause: thrown });
}

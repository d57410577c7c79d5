import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { staticEndpoints } from '../../../../src/discovery/endpoint-options.ts';
import { StaticSource } from '../../../../src/discovery/static/static-source.ts';
import { settle } from '../../../support/fake-clock.ts';
import { RecordingSink } from '../../../support/recording-sink.ts';

function sourceOf(...written: string[]): StaticSource {
  return new StaticSource(staticEndpoints.parse(written));
}

describe('fixed endpoints', () => {
  it('are delivered once, as endpoints that pass with equal weight', async () => {
    const sink = new RecordingSink();
    sourceOf('10.0.0.7:8080', '[fd00::7]:81').start(sink);
    await settle();
    const common = {
      health: 'passing',
      healthDetail: undefined,
      weight: 1,
      tags: [],
      meta: {},
      datacenter: undefined,
    };
    assert.deepEqual(sink.deliveries, [
      [
        { ...common, id: '10.0.0.7:8080', address: '10.0.0.7', port: 8080, node: '10.0.0.7' },
        { ...common, id: '[fd00::7]:81', address: 'fd00::7', port: 81, node: 'fd00::7' },
      ],
    ]);
    assert.deepEqual(sink.failures, []);
  });

  it('are not delivered from within start', () => {
    const sink = new RecordingSink();
    sourceOf('10.0.0.7:8080').start(sink);
    assert.deepEqual(sink.deliveries, []);
  });

  it('are not delivered after stop', async () => {
    const sink = new RecordingSink();
    const source = sourceOf('10.0.0.7:8080');
    source.start(sink);
    source.stop();
    await settle();
    assert.deepEqual(sink.deliveries, []);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMicroseconds, psCpuMicroseconds, residentMiB } from '../../bench/process-figures.ts';

test('the time that ps prints is read with and without hours and days', () => {
  assert.equal(psCpuMicroseconds(' 0:01.50\n'), 1.5e6);
  assert.equal(psCpuMicroseconds('1:02:03'), 3_723e6);
  assert.equal(psCpuMicroseconds('2-00:00:01'), 172_801e6);
});

test('the figures of this process are those that Node.js tells of it', () => {
  const { user, system } = process.cpuUsage();
  assert.ok(Math.abs(cpuMicroseconds(process.pid) - user - system) < 500_000);
  const rss = process.memoryUsage.rss() / 1024 ** 2;
  assert.ok(Math.abs(residentMiB(process.pid) - rss) < rss / 2);
});

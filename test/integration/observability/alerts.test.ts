// The alert rules, as promtool judges them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { runCommand } from '../../../src/demo/run-command.ts';
import { findPromtool } from '../../support/prometheus.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'deploy/prometheus');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

const rules: Rules = parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8'));
const alerts = rules.groups.flatMap((group) => group.rules);

test('promtool takes the rules and the configuration, and their own tests pass', async () => {
  const promtool = findPromtool();
  await runCommand(promtool, ['check', 'config', join(FOLDER, 'prometheus.yml')]);
  await runCommand(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd: FOLDER });
});

test('every alert has a test in which it fires', () => {
  const tested = readFileSync(join(FOLDER, 'alerts.test.yml'), 'utf8').split('alertname: ').slice(1);
  const fired = tested.filter((text) => text.includes('exp_alerts')).map((text) => text.split('\n')[0]);
  assert.deepEqual(
    alerts.map(({ alert }) => alert).filter((alert) => !fired.includes(alert)),
    [],
  );
});

test('every alert says where the documentation tells what to do, and it does', () => {
  for (const { alert, annotations } of alerts) {
    const [file = '', anchor = ''] = annotations['runbook_url']?.split('#') ?? [];
    assert.equal(anchor, alert.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase());
    const heading = anchor.replaceAll('-', ' ').replace(/^a/, 'A');
    assert.match(readFileSync(join(ROOT, file), 'utf8'), new RegExp(`^### ${heading}$`, 'm'));
  }
});

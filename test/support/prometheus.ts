// A real Prometheus for one test, which scrapes the given target; and promtool.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePorts } from '../../src/demo/free-ports.ts';
import { endWithThisProcess } from '../../src/demo/leftovers.ts';
import { temporaryFolder } from './ambassador-process.ts';
import { eventually } from './eventually.ts';
import { requireProgram } from './prerequisites.ts';

/** What Prometheus's HTTP API answers to an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface PrometheusProcess {
  /** @throws Error with Prometheus's own words when it refuses the query */
  query(expression: string): Promise<readonly Sample[]>;
}

/** The path of promtool. @throws Error saying what to install */
export function findPromtool(): string {
  return requireProgram('promtool');
}

/** @param target `host:port` whose /metrics is scraped every second, under the job `ambassador` */
export async function startPrometheus(t: TestContext, target: string): Promise<PrometheusProcess> {
  const folder = temporaryFolder();
  const file = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'ambassador', static_configs: [{ targets: [target] }] }],
    }),
  );
  // It takes no port 0: one that was free a moment ago has to do, and another when it is taken.
  for (let attempt = 1; ; attempt++) {
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const child = spawn(
      requireProgram('Prometheus'),
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    endWithThisProcess(child);
    t.after(() => child.kill('SIGKILL'));
    const isUp = await eventually(async () => {
      if (child.exitCode !== null) return false;
      const { ok } = await fetch(`http://${address}/-/ready`);
      if (!ok) throw new Error('not ready yet');
      return true;
    }, 20_000);
    if (isUp) return { query: (expression) => instantQuery(address, expression) };
    if (attempt === 3) throw new Error('Prometheus does not start');
  }
}

async function instantQuery(address: string, query: string): Promise<readonly Sample[]> {
  const response = await fetch(`http://${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const answer: { status: string; error?: string; data?: { result: readonly Sample[] } } = JSON.parse(
    await response.text(),
  );
  if (answer.status !== 'success' || answer.data === undefined) {
    throw new Error(`${query}: ${answer.error}`);
  }
  return answer.data.result;
}

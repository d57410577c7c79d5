// What a request costs by protocol, beside the other proxies of this machine that speak it: each pinned the same way, in
// turn, round after round.
// Run with: npm run bench:protocols

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../src/core/errors.ts';
import { freePorts } from '../../../src/demo/free-ports.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { findProgram } from '../../support/find-program.ts';
import { BenchProcess } from '../bench-process.ts';
import { compileAmbassador } from '../compile-ambassador.ts';
import { inTurn } from '../in-turn.ts';
import type { WrkOutcome } from '../load/wrk.ts';
import { runWrk } from '../load/wrk.ts';
import { loadAverage, thisMachine } from '../machine.ts';
import { SERVICE } from '../peers/peer.ts';
import type { Pinning } from '../pinning.ts';
import { pinHere } from '../pinning.ts';
import { cpuMicroseconds, residentMiB } from '../process-figures.ts';
import type { Endpoints } from './endpoints.ts';
import { startEndpoints } from './endpoints.ts';
import { runH2load } from './h2load.ts';
import type { ProtocolsOptions } from './protocols-options.ts';
import { PROTOCOLS_USAGE, parseProtocolsOptions } from './protocols-options.ts';
import type { ProtocolFigures, RowResults } from './protocols-report.ts';
import { protocolsReport } from './protocols-report.ts';
import { ROW_PEERS } from './registry.ts';
import type { Row } from './row.ts';

const CONNECTIONS = 64;
const HTTP2_CONNECTIONS = 4;
const MEMORY_EVERY_MS = 200;

interface Setting {
  readonly options: ProtocolsOptions;
  readonly endpoints: Endpoints;
  readonly folder: string;
  readonly ambassadorMain: string;
  readonly pinning: Pinning;
  readonly wrk: string;
  readonly h2load: string;
}

interface Running {
  readonly name: string;
  readonly port: number;
  readonly row: Row;
  readonly process: BenchProcess;
}

/** Progress goes there, so that what is printed is the report alone. */
const progress = (line: string): boolean => process.stderr.write(`${line}\n`);

async function run(options: ProtocolsOptions): Promise<void> {
  const [wrk, h2load] = ['wrk', 'h2load'].map(findProgram);
  if (wrk === undefined || h2load === undefined) {
    throw new Error('the load comes from wrk and h2load: apt-get install wrk nghttp2-client nginx');
  }
  const folder = temporaryFolder();
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  const ambassadorMain = compileAmbassador(compiled);
  const loadAverageBefore = loadAverage();
  const pinning = pinHere();
  const endpoints = await startEndpoints(folder);
  try {
    const setting = { options, endpoints, folder, ambassadorMain, pinning, wrk, h2load };
    const rows: RowResults[] = [];
    for (const row of options.rows) rows.push(await measureRow(row, setting));
    const report = {
      date: new Date().toISOString().slice(0, 16).replace('T', ' '),
      machine: thisMachine(),
      pinning: pinning.description,
      loadAverageBefore,
      loadAverageAfter: loadAverage(),
      rounds: options.rounds,
      versions: versionsHere(options),
      rows,
    };
    const text = protocolsReport(report);
    console.log(text);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    if (options.markdown !== undefined) writeFileSync(options.markdown, text);
  } finally {
    await endpoints.stop();
  }
}

function versionsHere({ only }: ProtocolsOptions): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const { name, find } of ROW_PEERS) {
    const found = find();
    if ('version' in found && (only.length === 0 || only.includes(name))) versions[name] = found.version;
  }
  return versions;
}

async function measureRow(row: Row, setting: Setting): Promise<RowResults> {
  const { options } = setting;
  const { running, missing } = await startRow(row, setting);
  try {
    const rounds: Record<string, ProtocolFigures[]> = {};
    for (const { name } of running) rounds[name] = [];
    for (const peer of running) await load(peer.row, peer, options.seconds.warmUp, setting);
    for (let round = 1; round <= options.rounds; round++) {
      for (const peer of inTurn(running, round)) {
        const taken = await measure(peer, setting);
        rounds[peer.name]?.push(taken);
        progress(
          `${row.name} ${round}/${options.rounds} ${peer.name}: ${taken.cpuMicroseconds.toFixed(1)} µs, ` +
            `${taken.requestsPerSecond.toFixed(0)} requests/s, ${taken.failed} failed`,
        );
      }
    }
    return { name: row.name, title: row.title, rounds, missing };
  } finally {
    for (const { process: started } of running) await started.stop();
  }
}

async function startRow(
  row: Row,
  { options, endpoints, folder, ambassadorMain, pinning, ...setting }: Setting,
): Promise<{ readonly running: readonly Running[]; readonly missing: readonly string[] }> {
  const running: Running[] = [];
  const missing: string[] = [];
  for (const peer of ROW_PEERS) {
    if (options.only.length > 0 && !options.only.includes(peer.name)) continue;
    const own = join(folder, `${row.name}-${peer.name}`);
    mkdirSync(own);
    const [port = 0, spare = 0] = await freePorts(2);
    const { caFile } = endpoints;
    const job = { row, port, spare, endpoints: endpoints.ports[row.endpoint], caFile, folder: own };
    const found = peer.find();
    const able = !('missing' in found) && (row.translated !== true || peer.translates === true);
    const command = able ? peer.prepare({ ...job, ambassadorMain }) : undefined;
    if (command === undefined) {
      missing.push(`${peer.name} (${'missing' in found ? found.missing : 'it does not do that here'})`);
      continue;
    }
    const started = BenchProcess.start(pinning.onProxyCore(command), join(own, 'output.log'));
    try {
      await started.untilListening(port);
      const asked = { ...row, path: peer.path ?? row.path };
      const trial = await load(asked, { port }, 1, { folder, ...setting });
      if (trial.answered === 0) throw new Error(`no request succeeded, ${trial.failed} failed`);
      running.push({ name: peer.name, port, row: asked, process: started });
    } catch (error) {
      missing.push(`${peer.name} (${messageOf(error)})`);
      await started.stop();
    }
  }
  return { running, missing };
}

async function measure(peer: Running, setting: Setting): Promise<ProtocolFigures> {
  const { pid } = peer.process;
  let rssMiB = 0;
  const watch = setInterval(() => {
    rssMiB = Math.max(rssMiB, residentMiB(pid));
  }, MEMORY_EVERY_MS);
  const before = cpuMicroseconds(pid);
  try {
    const { answered, failed, seconds } = await load(
      peer.row,
      peer,
      setting.options.seconds.saturation,
      setting,
    );
    const cpu = cpuMicroseconds(pid) - before;
    return {
      cpuMicroseconds: cpu / answered,
      requestsPerSecond: answered / seconds,
      coreBusy: cpu / 1e6 / seconds,
      rssMiB,
      failed,
    };
  } finally {
    clearInterval(watch);
  }
}

function load(
  { client, path, grpc }: Row,
  { port }: { readonly port: number },
  seconds: number,
  { wrk, h2load, folder }: Pick<Setting, 'wrk' | 'h2load' | 'folder'>,
): Promise<WrkOutcome> {
  if (client === 'h2c') {
    const streams = CONNECTIONS / HTTP2_CONNECTIONS;
    const job = { port, path: `/${SERVICE}${path}`, grpc, connections: HTTP2_CONNECTIONS, streams, seconds };
    return runH2load(h2load, job, folder);
  }
  const prefix = client === 'TCP' ? '' : `/${SERVICE}`;
  const job = {
    port,
    path: prefix + path,
    method: 'GET',
    requestBytes: 0,
    connections: CONNECTIONS,
  } as const;
  return runWrk(wrk, { ...job, seconds, perSecond: null }, folder);
}

let options: ProtocolsOptions | undefined;
try {
  options = parseProtocolsOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${messageOf(error)}\n\n${PROTOCOLS_USAGE}`);
  process.exitCode = 64;
}
if (options !== undefined) await run(options);

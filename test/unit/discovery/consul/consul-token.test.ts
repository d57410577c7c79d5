import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { silentLogger } from '../../../../src/core/logger.ts';
import { ConsulToken } from '../../../../src/discovery/consul/consul-token.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

function tokenFile(t: TestContext, content?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'consul-token-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'token');
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

describe('ConsulToken', () => {
  it('has none when none is set', async () => {
    assert.equal(await new ConsulToken({ kind: 'none' }, silentLogger).current(), undefined);
  });

  it('has the fixed one', async () => {
    assert.equal(await new ConsulToken({ kind: 'value', token: 's3' }, silentLogger).current(), 's3');
  });

  it('takes the one in the file without the white space around it', async (t) => {
    const path = tokenFile(t, ' s3cret\n');
    assert.equal(await new ConsulToken({ kind: 'file', path }, silentLogger).current(), 's3cret');
  });

  it('takes the new one as soon as the file has it, written over or renamed to', async (t) => {
    const path = tokenFile(t, 'one');
    const token = new ConsulToken({ kind: 'file', path }, silentLogger);
    assert.equal(await token.current(), 'one');
    writeFileSync(path, 'two');
    assert.equal(await token.current(), 'two');
    writeFileSync(`${path}.new`, 'three');
    renameSync(`${path}.new`, path);
    assert.equal(await token.current(), 'three');
  });

  it('keeps the last one while the file is away or empty, and says so once', async (t) => {
    const path = tokenFile(t, 'one');
    const logger = new RecordingLogger();
    const token = new ConsulToken({ kind: 'file', path }, logger);
    await token.current();
    rmSync(path);
    assert.equal(await token.current(), 'one');
    writeFileSync(path, '\n');
    assert.equal(await token.current(), 'one');
    assert.deepEqual(logger.lines, ['warn: the file with the Consul token cannot be read']);
  });

  it('complains again after the file was readable in between', async (t) => {
    const path = tokenFile(t);
    const logger = new RecordingLogger();
    const token = new ConsulToken({ kind: 'file', path }, logger);
    assert.equal(await token.current(), undefined);
    writeFileSync(path, 'one');
    assert.equal(await token.current(), 'one');
    rmSync(path);
    await token.current();
    assert.equal(logger.lines.length, 2);
  });

  it('never logs a token', async (t) => {
    const path = tokenFile(t, 's3cret');
    const logger = new RecordingLogger();
    const token = new ConsulToken({ kind: 'file', path }, logger);
    await token.current();
    rmSync(path);
    await token.current();
    assert.doesNotMatch(JSON.stringify(logger.entries), /s3cret/);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileFault } from '../../../src/core/file-fault.ts';

function faultOf(path: string): string {
  try {
    readFileSync(path);
  } catch (error) {
    return fileFault(error);
  }
  return 'none';
}

test('why a file cannot be read is said in words', () => {
  assert.equal(faultOf('/nowhere/ca.pem'), 'there is no such file');
  assert.equal(faultOf(`${import.meta.filename}/ca.pem`), 'there is no such file');
  assert.equal(faultOf(import.meta.dirname), 'a directory, not a file');
  assert.equal(fileFault(new Error('broken')), 'broken');
});

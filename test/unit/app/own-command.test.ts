import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Calling } from '../../../src/app/own-command.ts';
import { ownCommand } from '../../../src/app/own-command.ts';

const installed: Calling = {
  program: '/usr/local/bin/ambassador',
  node: '/usr/bin/node',
  folder: '/srv',
  environment: {},
  host: 'web-1',
  onPath: true,
};

test('an installed program is called by its name, and by its place where no shell finds it', () => {
  assert.equal(ownCommand(installed), 'ambassador');
  const program = '/opt/lib/dist/main.js';
  assert.equal(ownCommand({ ...installed, program }), 'ambassador');
  assert.equal(ownCommand({ ...installed, program, onPath: false }), 'node /opt/lib/dist/main.js');
  assert.equal(ownCommand({ ...installed, onPath: false }), '/usr/local/bin/ambassador');
  assert.equal(ownCommand({ ...installed, program: '/a b/dist/main.js', onPath: false }), 'ambassador');
});

test('npx is called again', () => {
  const environment = { npm_lifecycle_event: 'npx' };
  assert.equal(ownCommand({ ...installed, environment, onPath: false }), 'npx consul-ambassador');
});

test('a clone is called with the Node.js that runs it, from where it runs', () => {
  const clone = { ...installed, program: '/src/a/src/main.ts', node: '/src/a/node_modules/node/bin/node' };
  assert.equal(ownCommand({ ...clone, folder: '/src/a' }), 'node_modules/.bin/node src/main.ts');
  assert.equal(ownCommand(clone), '/src/a/node_modules/.bin/node /src/a/src/main.ts');
  assert.equal(ownCommand({ ...clone, node: '/usr/bin/node' }), 'node /src/a/src/main.ts');
});

test('in a container of the image it is called from outside', () => {
  const environment = { AMBASSADOR_IN_IMAGE: '1' };
  const inDocker = { ...installed, environment, host: '3f2a9c' };
  assert.equal(ownCommand(inDocker), 'docker exec 3f2a9c ambassador');
  assert.equal(ownCommand({ ...inDocker, host: '$(x)' }), 'ambassador');
  assert.equal(
    ownCommand({
      ...installed,
      host: 'orders-7d9f',
      environment: { ...environment, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    }),
    'kubectl exec orders-7d9f -c ambassador -- ambassador',
  );
});

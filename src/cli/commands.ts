// The subcommands by name: a new one is a file of its own and a line here. Each is loaded when it is called: a proxy
// has no use for what the demo needs, and memory is what it should not cost.

import type { Command } from './command.ts';

export interface CommandEntry {
  /** One line for the list of commands. */
  readonly summary: string;
  /** It stays for as long as the application does, so that its memory counts. */
  readonly resident?: boolean;
  readonly load: () => Promise<Command>;
}

export const commands = {
  run: {
    summary: 'carry the calls of the application beside it',
    resident: true,
    load: async () => (await import('./run.ts')).run,
  },
  exec: {
    summary: 'the proxy, and once it is ready a command that calls through it',
    resident: true,
    load: async () => (await import('./exec.ts')).exec,
  },
  init: {
    summary: 'write a commented configuration to start from',
    load: async () => (await import('./init.ts')).init,
  },
  check: {
    summary: 'validate a configuration',
    load: async () => (await import('./check.ts')).check,
  },
  doctor: {
    summary: 'look at everything around: Consul, rights, clocks, ports, certificates, every endpoint',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  diff: {
    summary: 'what a configuration would change, against a running ambassador or another file',
    load: async () => (await import('./diff.ts')).diff,
  },
  schema: {
    summary: 'print the JSON Schema of the configuration',
    load: async () => (await import('./schema.ts')).schema,
  },
  ready: {
    summary: 'whether a running ambassador carries calls, by the exit code',
    load: async () => (await import('./ready.ts')).ready,
  },
  status: {
    summary: 'how a running ambassador is: ready or not, Consul, its configuration, its services',
    load: async () => (await import('./status.ts')).status,
  },
  config: {
    summary: 'the configuration in force in a running ambassador, with every default',
    load: async () => (await import('./config.ts')).config,
  },
  reload: {
    summary: 'let a running ambassador read its configuration again',
    load: async () => (await import('./reload.ts')).reload,
  },
  services: {
    summary: 'the services that a running ambassador knows',
    load: async () => (await import('./show.ts')).services,
  },
  endpoints: {
    summary: 'the endpoints of a service, and why each is in or out',
    load: async () => (await import('./show.ts')).endpoints,
  },
  methods: {
    summary: 'the gRPC methods of a service that is translated, and the requests of HTTP that they are',
    load: async () => (await import('./methods.ts')).methods,
  },
  timeline: {
    summary: 'what happened in the last quarter of an hour',
    load: async () => (await import('./timeline.ts')).timeline,
  },
  top: {
    summary: 'a live view of the services and their endpoints',
    load: async () => (await import('./top.ts')).top,
  },
  use: {
    summary: 'send the requests of a service to an instance of your own, for a while',
    load: async () => (await import('./use.ts')).use,
  },
  eject: {
    summary: 'take an endpoint out, for a time or until further notice',
    load: async () => (await import('./operate.ts')).eject,
  },
  uneject: {
    summary: 'let an ejected endpoint back',
    load: async () => (await import('./operate.ts')).uneject,
  },
  drain: {
    summary: 'send an endpoint no new requests',
    load: async () => (await import('./operate.ts')).drain,
  },
  undrain: {
    summary: 'send a drained endpoint requests again',
    load: async () => (await import('./operate.ts')).undrain,
  },
  circuit: {
    summary: 'isolate a service, or close its circuit',
    load: async () => (await import('./operate.ts')).circuit,
  },
  'log-level': {
    summary: 'what is logged, and to change it',
    load: async () => (await import('./operate.ts')).logLevel,
  },
  explain: {
    summary: 'what would become of a request, and why',
    load: async () => (await import('./explain.ts')).explain,
  },
  demo: {
    summary: 'Consul, sample services and an ambassador on this machine, to try it',
    load: async () => (await import('./demo.ts')).demo,
  },
  version: {
    summary: 'its version, and that of the Node.js it runs on',
    load: async () => (await import('./version.ts')).version,
  },
  completion: {
    summary: 'a script for bash, zsh or fish that completes commands, services and endpoints',
    load: async () => (await import('./completion.ts')).completion,
  },
} satisfies Record<string, CommandEntry>;

import { becomeLean } from '../../src/cli/lean-process.ts';

becomeLean(process.env['PROBED_NODE_VERSION']);
const { pid, argv, execArgv, env } = process;
process.stdout.write(
  JSON.stringify({ pid, args: argv.slice(2), execArgv, arenas: env['MALLOC_ARENA_MAX'] ?? null }),
);

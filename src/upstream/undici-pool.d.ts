// The pool alone: undici's index brings in its fetch, its caches and its mocks, 8 MB that nothing here uses. The
// package names no entry for its parts, and none that hides them; its version is pinned.

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}

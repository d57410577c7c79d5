// node:http and node:https, taken without an import statement: that would evaluate every export, and the one named
// WebSocket brings in the whole of Node's own fetch, several megabytes that nothing here uses.

export const { Agent, createServer, request, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule('node:http');

export const { Agent: SecureAgent, request: requestSecurely } = process.getBuiltinModule('node:https');

export type ServerResponse = import('node:http').ServerResponse;

// What `ambassador top` shows, as lines of a terminal: values in, text out.

import type { RefusedConfiguration } from '../admin/configuration-view.ts';
import type { EndpointView } from '../admin/endpoint-view.ts';
import type { Overview, ServiceOverview } from '../admin/overview-view.ts';
import { cellWidth, fitCells } from './cell-text.ts';
import { circuitNote } from './circuit-note.ts';
import { besideConsulOutage } from './consul-outage.ts';
import { isWhollyPlanned, plannedNote } from './planned.ts';
import { refusedSources } from './refused-sources.ts';

export const SORT_ORDERS = {
  name: (a: ServiceOverview, b: ServiceOverview) => (a.name < b.name ? -1 : Number(a.name > b.name)),
  requests: (a: ServiceOverview, b: ServiceOverview) => b.rates.perSecond - a.rates.perSecond,
  errors: (a: ServiceOverview, b: ServiceOverview) => b.rates.errorRatio - a.rates.errorRatio,
  p99: (a: ServiceOverview, b: ServiceOverview) => (b.rates.p99Ms ?? -1) - (a.rates.p99Ms ?? -1),
} as const;

export type SortOrder = keyof typeof SORT_ORDERS;

export interface TopState {
  /** Undefined before the first answer. */
  readonly overview: Overview | undefined;
  /** Why the last question has no answer; what is shown is older then. */
  readonly failure: string | undefined;
  readonly sort: SortOrder;
  /** The name of the selected service, or the id of the endpoint. */
  readonly selected: string | undefined;
  /** The service whose endpoints are shown instead of the services. */
  readonly opened: { readonly name: string; readonly endpoints: readonly EndpointView[] } | undefined;
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
}

interface Column<T> {
  readonly title: string;
  /** Cells; `least` where it is as wide as what stands in it, and may be cut to so many. */
  readonly width: number | { readonly least: number };
  readonly align?: 'right';
  readonly text: (row: T) => string;
  readonly paint?: (row: T) => Paint | undefined;
  /** Where there is too little room the highest goes first; undefined stays. */
  readonly goes?: number;
}

const PAINTS = { red: '31', yellow: '33', green: '32', dim: '2', bold: '1', reverse: '7' } as const;
type Paint = keyof typeof PAINTS;

const SERVICES: readonly Column<ServiceOverview>[] = [
  { title: 'SERVICE', width: { least: 8 }, text: ({ name }) => name },
  { title: 'REQ/S', width: 8, align: 'right', goes: 4, text: ({ rates }) => rates.perSecond.toFixed(1) },
  {
    title: 'ERRORS',
    width: 8,
    align: 'right',
    goes: 1,
    text: ({ rates }) => `${(rates.errorRatio * 100).toFixed(1)} %`,
    paint: (service) => (service.rates.errorRatio > 0 && !isOnPurpose(service) ? 'red' : undefined),
  },
  { title: 'P50', width: 9, align: 'right', goes: 7, text: ({ rates }) => milliseconds(rates.p50Ms) },
  { title: 'P99', width: 9, align: 'right', goes: 5, text: ({ rates }) => milliseconds(rates.p99Ms) },
  {
    title: 'ACTIVE',
    width: 6,
    align: 'right',
    goes: 6,
    text: ({ activeRequests }) => String(activeRequests),
  },
  {
    title: 'ENDPOINTS',
    width: 9,
    align: 'right',
    goes: 2,
    text: ({ endpointCounts: { available, total } }) => `${available}/${total}`,
    paint: (service) => {
      const { available, total, maintenance, drained } = service.endpointCounts;
      if (available + maintenance + drained === total && total > 0) return undefined;
      return available === 0 ? 'red' : 'yellow';
    },
  },
  {
    title: 'NOTE',
    width: { least: 22 },
    goes: 3,
    text: noteOf,
    paint: (service) => (isOnPurpose(service) ? undefined : 'yellow'),
  },
];

const ENDPOINTS: readonly Column<EndpointView>[] = [
  { title: 'ENDPOINT', width: { least: 16 }, text: ({ id }) => id },
  { title: 'ADDRESS', width: { least: 15 }, goes: 5, text: ({ authority }) => authority },
  {
    title: 'STATE',
    width: 11,
    goes: 1,
    text: ({ state }) => state,
    paint: ({ state }) => (state === 'available' ? 'green' : 'red'),
  },
  { title: 'ACTIVE', width: 6, align: 'right', goes: 4, text: ({ inFlight }) => String(inFlight) },
  {
    title: 'LATENCY',
    width: 9,
    align: 'right',
    goes: 3,
    text: ({ latencyMs }) => milliseconds(latencyMs),
  },
  { title: 'WHY', width: { least: 30 }, goes: 2, text: ({ reason }) => reason },
];

const KEYS = 'q quit  ↑↓ select  Enter endpoints  s sort';
const KEYS_OPENED = 'q quit  ↑↓ select  Esc services';

/** @returns as many lines as the screen is high, each exactly as wide */
export function topScreen(state: TopState, screen: Screen): readonly string[] {
  const keys = state.opened === undefined ? `${KEYS} (${state.sort})` : KEYS_OPENED;
  const head = headLines(state, screen);
  const room = Math.max(0, screen.height - head.length - 1);
  const lines = [...head, ...bodyLines(state, screen, room)];
  while (lines.length < screen.height - 1) lines.push(' '.repeat(screen.width));
  lines.push(painted(fitCells(keys, screen.width), 'dim', screen));
  return lines.slice(0, Math.max(0, screen.height));
}

/** Nothing is cut short of this where it is printed once. */
const WIDEST_ONCE = 1_000;

/** The same once, for a file or a pipe: no colours, as long as it takes, and only as wide as needed. */
export function topOnce(state: TopState): readonly string[] {
  const rows = state.opened?.endpoints.length ?? state.overview?.services.length ?? 0;
  const screen = { width: WIDEST_ONCE, height: rows + 10, colour: false };
  const lines = [
    ...headLines(state, screen),
    ...bodyLines({ ...state, selected: undefined }, screen, rows + 1),
  ];
  return lines.map((line) => line.trimEnd());
}

/** The services in the order in which they are shown. */
export function sortedServices({ overview, sort }: TopState): readonly ServiceOverview[] {
  const services = overview === undefined ? [] : besideConsulOutage(overview);
  return [...services].sort((a, b) => SORT_ORDERS[sort](a, b) || SORT_ORDERS.name(a, b));
}

function refusedTroubles(refused: RefusedConfiguration): readonly string[] {
  const { file, keys } = refusedSources(refused);
  return [
    ...(file ? ['The configuration on disk is refused: ambassador check tells why.'] : []),
    ...keys.map((key) => `${key} is refused: ambassador config tells why.`),
  ];
}

function headLines({ overview, failure, opened }: TopState, screen: Screen): string[] {
  const lines: string[] = [];
  if (overview !== undefined) {
    const { readiness, version, rssBytes, consul, requests, configuration } = overview;
    const status =
      `ambassador ${version}  ${readiness.status}  Consul ${consul.state}  ` +
      `${requests.perSecond.toFixed(1)} req/s  ${(requests.errorRatio * 100).toFixed(1)} % errors  ` +
      `p99 ${milliseconds(requests.p99Ms)}  ${Math.round(rssBytes / 1024 / 1024)} MiB  ${overview.at.slice(11, 19)} UTC`;
    const isWell = readiness.status === 'ready' && consul.state === 'answering';
    lines.push(painted(fitCells(status, screen.width), isWell ? 'bold' : 'yellow', screen));
    const troubles = [
      ...readiness.waitingFor,
      ...(consul.state !== 'answering' && consul.detail !== null ? [consul.detail] : []),
      ...(configuration.refused === null ? [] : refusedTroubles(configuration.refused)),
    ];
    if (troubles.length > 0)
      lines.push(painted(fitCells(troubles.join(' '), screen.width), 'yellow', screen));
  }
  if (failure !== undefined) lines.push(painted(fitCells(failure, screen.width), 'red', screen));
  if (opened !== undefined)
    lines.push(painted(fitCells(`Endpoints of ${opened.name}`, screen.width), 'bold', screen));
  return lines;
}

function bodyLines(state: TopState, screen: Screen, room: number): string[] {
  if (state.opened !== undefined) {
    const { endpoints } = state.opened;
    const at = endpoints.findIndex(({ id }) => id === state.selected);
    return tableLines(ENDPOINTS, endpoints, at, screen, room);
  }
  const services = sortedServices(state);
  if (services.length === 0 && state.overview !== undefined) {
    const { known } = state.overview;
    return [fitCells(`No service has been called yet; ${known.length} can be.`, screen.width)].slice(0, room);
  }
  const at = services.findIndex(({ name }) => name === state.selected);
  return tableLines(SERVICES, services, at, screen, room);
}

/** Scrolled so that the selected row is in view. */
function tableLines<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  selected: number,
  screen: Screen,
  room: number,
): string[] {
  // Without colours a mark before the line tells which one is selected.
  const margin = screen.colour || selected < 0 || screen.width <= MARK.length ? '' : ' '.repeat(MARK.length);
  const width = screen.width - margin.length;
  const layout = layoutOf(columns, rows, width);
  const lineOf = (cell: (column: Column<T>, width: number) => string): string => {
    const used = layout.reduce((sum, column) => sum + column.width + 1, -1);
    const line = layout.map((placed) => cell(placed.column, placed.width)).join(' ');
    return used < width ? line + ' '.repeat(width - used) : line;
  };
  const title = lineOf((column, cells) => fitCells(column.title, cells, column.align));
  const visible = Math.max(0, room - 1);
  const first = Math.max(0, Math.min(selected - visible + 1, rows.length - visible));
  const lines = rows.slice(first, first + visible).map((row, index) => {
    const isSelected = first + index === selected;
    const line = lineOf((column, cells) => {
      const text = fitCells(column.text(row), cells, column.align);
      const paint = isSelected ? undefined : column.paint?.(row);
      return paint === undefined ? text : painted(text, paint, screen);
    });
    if (!isSelected) return margin + line;
    return margin === '' ? painted(line, 'reverse', screen) : MARK + line;
  });
  return [painted(margin + title, 'dim', screen), ...lines].slice(0, room);
}

const MARK = '> ';

interface PlacedColumn<T> {
  readonly column: Column<T>;
  readonly width: number;
}

/** Columns go until each has its least width; what is left makes the cut ones longer, from the left. */
function layoutOf<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number,
): readonly PlacedColumn<T>[] {
  const sizes = columns.map((column) => ({ column, ...sizeOf(column, rows) }));
  const leastOf = (): number => sizes.reduce((sum, { least }) => sum + least + 1, -1);
  while (sizes.length > 1 && leastOf() > width) {
    const goes = Math.max(...sizes.map(({ column }) => column.goes ?? 0));
    sizes.splice(
      sizes.findIndex(({ column }) => (column.goes ?? 0) === goes),
      1,
    );
  }
  let spare = width - leastOf();
  return sizes.map(({ column, least, most }) => {
    const extra = Math.max(-least, Math.min(spare, most - least));
    spare -= extra;
    return { column, width: least + extra };
  });
}

function sizeOf<T>({ title, width, text }: Column<T>, rows: readonly T[]): { least: number; most: number } {
  if (typeof width === 'number') return { least: width, most: width };
  const most = rows.reduce((longest, row) => Math.max(longest, cellWidth(text(row))), title.length);
  return { least: Math.min(width.least, most), most };
}

/** Whether calls are refused because an operator chose so. */
function isOnPurpose(service: ServiceOverview): boolean {
  return service.circuit?.state === 'isolated' || isWhollyPlanned(service);
}

function noteOf(service: ServiceOverview): string {
  const { panic, circuit, table, ejections, bytes, failureCause, failovers } = service;
  return [
    ...(bytes === null ? [] : [`TCP, ${size(bytes.received)} in, ${size(bytes.sent)} out`]),
    ...(panic === 'none' ? [] : [`panic: ${panic.replaceAll('_', ' ')}`]),
    ...(circuit === null ? [] : circuitNote(circuit)),
    ...failovers.map(({ to }) => `goes to ${to}`),
    ...plannedNote(service),
    ...(ejections === 0 ? [] : [`${ejections} ejected`]),
    ...(failureCause === null || isOnPurpose(service) ? [] : [failureCause]),
    ...(table.failure === null ? [] : [table.failure.detail]),
  ].join('; ');
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [amount, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB'];
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

function milliseconds(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function painted(text: string, paint: Paint, { colour }: Screen): string {
  return colour ? `\u001b[${PAINTS[paint]}m${text}\u001b[0m` : text;
}

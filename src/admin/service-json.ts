// One service as JSON, made in slices: of thousands of endpoints it is megabytes, and a page that is open asks for them
// again and again.

import { nextTurn } from '../core/next-turn.ts';
import type { EndpointView, Now } from './endpoint-view.ts';
import type { ViewedService } from './service-view.ts';
import { endpointViews, serviceHead } from './service-view.ts';

/** So many endpoints are in one piece, about a millisecond's worth. */
const PIECE_ENDPOINTS = 200;

/** Lets other work go on for a turn of the event loop. */
export type Pause = () => Promise<void>;

/** What `JSON.stringify(serviceView(…))` is. */
export async function serviceJson(service: ViewedService, now: Now, pause = nextTurn): Promise<string> {
  const head = JSON.stringify(serviceHead(service, now));
  const pieces: string[] = [];
  let piece: EndpointView[] = [];
  const views = endpointViews(service, now);
  const cut = (): void => {
    if (piece.length > 0) pieces.push(JSON.stringify(piece).slice(1, -1));
    piece = [];
  };
  for (const view of views) {
    piece.push(view);
    if (piece.length < PIECE_ENDPOINTS) continue;
    cut();
    await pause();
  }
  cut();
  return `${head.slice(0, -1)},"endpoints":[${pieces.join(',')}]}`;
}

// A real Chromium for tests, and pages in it that tell what they asked for and what went wrong.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { findProgram } from './find-program.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** What it would ask of others by itself is switched off: a test sees the page's requests alone. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error saying what to install */
export function findBrowser(): string {
  const { CHROMIUM_BIN } = process.env;
  if (CHROMIUM_BIN !== undefined) return CHROMIUM_BIN;
  const found = NAMES.map(findProgram).find((path) => path !== undefined);
  if (found !== undefined) return found;
  throw new Error(
    'The tests of the dashboard need a Chromium: install one (apt-get install chromium), or name it in CHROMIUM_BIN.',
  );
}

/** Whoever starts it closes it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: FLAGS });
}

export interface WatchedPage {
  readonly page: Page;
  /** Every address that was asked for. */
  readonly requested: readonly string[];
  /** What the console said in red, among it what the Content-Security-Policy kept out, and errors nobody caught. */
  readonly complaints: readonly string[];
}

/** A page in a profile of its own; closed with the browser. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requested, complaints };
}

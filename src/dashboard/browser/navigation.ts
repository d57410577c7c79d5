// Moving between the pages without loading them anew.

import { isPage } from './route.ts';

export function listenToLinks(onMove: () => void): void {
  addEventListener('popstate', onMove);
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.hash !== '') return;
    if (!isPage(link.pathname)) return;
    event.preventDefault();
    go(link.pathname, onMove);
  });
}

export function go(path: string, onMove: () => void): void {
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  scrollTo(0, 0);
  onMove();
}

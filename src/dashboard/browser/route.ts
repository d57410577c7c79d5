// Which page an address means.

const CONFIGURATION_PAGE = '/config';

export type Route =
  | { readonly page: 'overview' | 'configuration' }
  | { readonly page: 'service'; readonly name: string };

export function routeOf(pathname: string): Route {
  if (pathname === CONFIGURATION_PAGE) return { page: 'configuration' };
  const [, encoded] = /^\/services\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (encoded === undefined) return { page: 'overview' };
  try {
    return { page: 'service', name: decodeURIComponent(encoded) };
  } catch {
    return { page: 'overview' };
  }
}

export function servicePage(name: string): string {
  return `/services/${encodeURIComponent(name)}`;
}

/** Whether the dashboard shows something there. */
export function isPage(pathname: string): boolean {
  return pathname === '/' || pathname === CONFIGURATION_PAGE || pathname.startsWith('/services/');
}

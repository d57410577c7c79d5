// Which page an address means.

export type Route = { readonly page: 'overview' } | { readonly page: 'service'; readonly name: string };

export function routeOf(pathname: string): Route {
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

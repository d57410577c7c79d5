// Addresses in Consul's own user interface (developer.hashicorp.com, "Consul UI").

/**
 * @param address of Consul, as the ambassador asks it
 * @returns undefined where no browser can go, such as to a unix socket
 */
export function consulUi(
  address: string,
  service?: { readonly name: string; readonly datacenter: string | null },
) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const base = `${url.origin}/ui/`;
  if (service === undefined || service.datacenter === null) return base;
  return `${base}${encodeURIComponent(service.datacenter)}/services/${encodeURIComponent(service.name)}`;
}

// An answer of /v1/health/service/:name as Consul writes it, of any size.

const SERVICE = 'payments';

/** @param changes how many instances say something else than in the answer with 0 */
export function healthAnswer(instances: number, changes = 0): string {
  return JSON.stringify(Array.from({ length: instances }, (_, i) => row(i, i < changes ? changes : 0)));
}

function row(i: number, change: number): unknown {
  const host = `host-${i}.dc1.example`;
  const address = `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`;
  const index = 1_000 + i;
  const Definition = {};
  const check = { Node: host, Notes: '', Definition, CreateIndex: index, ModifyIndex: index };
  return {
    Node: {
      ID: `8d0f1f7c-0000-4000-8000-${String(i).padStart(12, '0')}`,
      Node: host,
      Address: address,
      Datacenter: 'dc1',
      TaggedAddresses: { lan: address, lan_ipv4: address, wan: address, wan_ipv4: address },
      Meta: { 'consul-network-segment': '' },
      CreateIndex: index,
      ModifyIndex: index,
    },
    Service: {
      ID: `${SERVICE}-${i}`,
      Service: SERVICE,
      Tags: ['http', 'v2'],
      Address: address,
      TaggedAddresses: {
        lan_ipv4: { Address: address, Port: 8_080 },
        wan_ipv4: { Address: address, Port: 8_080 },
      },
      Meta: { version: `2.4.${change}`, zone: `zone-${i % 3}` },
      Port: 8_080,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: { Mode: '', MeshGateway: {}, Expose: {} },
      Connect: {},
      CreateIndex: index,
      ModifyIndex: index,
    },
    Checks: [
      {
        ...check,
        CheckID: 'serfHealth',
        Name: 'Serf Health Status',
        Status: 'passing',
        Output: 'Agent alive and reachable',
        ServiceID: '',
        ServiceName: '',
        ServiceTags: [],
        Type: '',
      },
      {
        ...check,
        CheckID: `service:${SERVICE}-${i}`,
        Name: `Service '${SERVICE}' check`,
        Status: 'passing',
        Output: 'HTTP GET http://127.0.0.1:8080/health: 200 OK Output: ok',
        ServiceID: `${SERVICE}-${i}`,
        ServiceName: SERVICE,
        ServiceTags: ['http', 'v2'],
        Type: 'http',
      },
    ],
  };
}

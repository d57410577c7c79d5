// What `ambassador init` writes. A test holds that it is valid as it is and with every comment mark of a setting taken away.

export const STARTER_CONFIG = `# Configuration of consul-ambassador. Everything has a default: an empty section, or none, is a good start.
# All keys: docs/configuration.md. Check after a change: ambassador check -c THIS_FILE. A running ambassador reads it
# again by itself; one with mistakes is refused and the old one stays.

# Consul's agent. CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN and Consul's other variables count where nothing stands here.
#consul:
#  address: http://127.0.0.1:8500
#  tokenFile: /run/secrets/consul-token    # read again when it changes; needs service:read and node:read

# Where applications call: http://localhost:15000/SERVICE/path. Another address than loopback lets others call, too.
#listen: [127.0.0.1:15000, '[::1]:15000']

# Health, metrics, dashboard and what the other commands ask. Calls that change something need the token.
#admin:
#  listen: 127.0.0.1:15001
#  tokenFile: /run/secrets/ambassador-token

#discovery:
#  services: onDemand                      # every service in Consul; declared: only those under services
#  snapshotFile: /var/lib/ambassador/endpoints.json    # so that a restart while Consul is down has endpoints

# The policy of every service. A service below changes what it names of it and keeps the rest.
defaults:
  timeout:
    request: 15s                           # the whole call, retries included
#    perTry: 5s                            # one attempt; without it, an attempt's share of what is left
#  retry:
#    attempts: 2                           # further attempts, for requests that may be repeated
#  loadBalancer:
#    policy: peakEwma                      # or leastRequest, roundRobin, random, ringHash, maglev
#  outlierDetection:
#    baseEjectionTime: 5s

# Services with settings of their own, by the name that callers use. Others need no entry.
services: {}
#  payments:
#    listen: 127.0.0.1:9191                # a port of its own, paths untouched
#    timeout: { request: 3s }
#  legacy:
#    discover: { endpoints: ['10.0.0.7:8080', '10.0.0.8:8080'] }    # not in Consul

#accessLog:
#  sample: 0.1                             # failed and slow requests always get their line

#drain:
#  timeout: 10s                            # how long open requests may go on when it stops

#logLevel: info
`;

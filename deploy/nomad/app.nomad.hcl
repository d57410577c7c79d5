# An application and an ambassador beside it. The task of the ambassador is a prestart sidecar: it is started before the
# application, lives as long as it, and is stopped after it. The group's network is shared: localhost is both's.
job "app" {
  datacenters = ["dc1"]

  group "app" {
    network {
      mode = "bridge"
    }

    restart {
      attempts = 10
      interval = "5m"
      delay    = "1s"
      mode     = "delay"
    }

    # Registered in Consul; Nomad starts the ambassador anew when its check fails.
    service {
      name = "app-ambassador"
      task = "ambassador"

      check {
        type     = "script"
        task     = "ambassador"
        command  = "ambassador"
        args     = ["ready", "--live"]
        interval = "10s"
        timeout  = "3s"

        check_restart {
          limit = 3
          grace = "30s"
        }
      }
    }

    task "ambassador" {
      driver = "docker"

      lifecycle {
        hook    = "prestart"
        sidecar = true
      }

      config {
        image           = "consul-ambassador:0.1.0"
        args            = ["run", "-c", "${NOMAD_TASK_DIR}/ambassador.yaml"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      # A Consul token of Nomad's workload identity, in CONSUL_TOKEN.
      consul {}

      env {
        CONSUL_HTTP_ADDR  = "http://${attr.unique.network.ip-address}:8500"
        CONSUL_HTTP_TOKEN = "${CONSUL_TOKEN}"
      }

      template {
        destination = "local/ambassador.yaml"
        change_mode = "noop" # it is read again by itself
        data        = <<-YAML
          discovery:
            snapshotFile: {{ env "NOMAD_ALLOC_DIR" }}/data/endpoints.json
        YAML
      }

      resources {
        cpu        = 100
        memory     = 96
        memory_max = 256
      }

      kill_timeout = "20s"
    }

    # A prestart sidecar counts as started once it runs. This one ends once calls are carried, and the application waits for
    # its end.
    task "ambassador-ready" {
      driver = "docker"

      lifecycle {
        hook    = "prestart"
        sidecar = false
      }

      config {
        image = "consul-ambassador:0.1.0"
        args  = ["ready", "--wait", "60s"]
      }

      resources {
        cpu    = 50
        memory = 64
      }
    }

    task "app" {
      driver = "docker"

      config {
        image = "your-image"
      }

      env {
        AMBASSADOR_URL = "http://localhost:15000"
      }
    }
  }
}

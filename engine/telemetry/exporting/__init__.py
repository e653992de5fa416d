"""Exporters: what the telemetry's database holds, sent on to a collector, Sentry or Logflare, where that is configured; off by default."""

"""The wire contract with the deployed Worker: events, envelope, payloads, KV keys, queues. Shapes only, no behaviour."""

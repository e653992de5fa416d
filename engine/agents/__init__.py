"""The eleven agents. Each is one module with an async `handle(event, context) -> Outcome`; an agent reads and returns, it writes nothing."""

"""One module a workload. Each public coroutine or function is one measurement, run in a process of its own by `benchmarks.measure`."""

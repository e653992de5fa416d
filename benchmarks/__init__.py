"""Speed, measured: the product's own runtime and store beside the queues and workers people use instead. `python -m benchmarks` runs all."""

"""What the engine tells of itself: spans, log records and timings, kept for some days in a database of their own."""

"""The runtime: claims messages, runs agents ahead while it can, and commits what they return together with the ack."""

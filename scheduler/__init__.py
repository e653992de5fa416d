"""What happens by itself. A job is one bounded call into engine or store; it holds no logic."""

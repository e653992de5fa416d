"""Intake: files become acknowledged documents. What is acknowledged is durable, and is processed however often the power fails."""

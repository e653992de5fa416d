"""The parts screens are made of; none knows the engine."""

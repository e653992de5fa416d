"""How long things take, as a histogram since the start of the process: agents and commits, in seconds."""

from __future__ import annotations

from bisect import bisect_left

#: Upper bounds of the buckets in seconds; what is longer falls into one more.
BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class Histogram:
    """Counts by bucket, and the sum."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total += seconds


class Timings:
    """Histograms of one process."""

    def __init__(self) -> None:
        #: By agent.
        self.agents: dict[str, Histogram] = {}
        #: Transactions of the writer, from BEGIN to COMMIT.
        self.commits = Histogram()

    def agent(self, agent: str, seconds: float) -> None:
        """An agent's hop took so long."""
        histogram = self.agents.get(agent)
        if histogram is None:
            histogram = self.agents[agent] = Histogram()
        histogram.observe(seconds)

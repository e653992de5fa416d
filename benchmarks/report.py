"""docs/performance.md: the figures are those of a run's JSON, the next steps are the sentences of `benchmarks.bars`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.bars import Row, rows

INTRODUCTION = """# Performance

Written by `python -m benchmarks` (`make bench`) from `benchmarks/results.json`; do not edit. Every measurement is a process of its own over a fresh
directory; product and peers take turns within each round, figures are medians over the rounds. The product is measured through its own dispatcher and
store. Peers do the same work: the same 4 KB of JSON through the same codec, a timeline row a hop, one artefact at the end; of their counts
(default and tuned, 1 and 64 callers) the best is shown.

How to read it: litequeue *tuned* also has an index for its own query and puts put, done and timeline row into one transaction. Enqueue and claim rows send
messages of 230 bytes on both sides; with 4 KB a batch of 100 was 4.2 times one by one under NORMAL in a short trial, so below its bar. The claim rows compare the
statements' time in the writer, without the COMMIT, which would hide growth. Whole documents enter by the intake, not through the facade. The sentences
about next steps were written by hand from profiles taken during development; their shares are not of this run.

What run-ahead guarantees beside its figures: **an acknowledged document is never lost and each effect happens once; hops that had no effect yet may be
computed again after a crash.** FULL means that a commit has reached the disk before anybody is told.
"""

VERDICTS = {True: "met", False: "**missed**", None: ""}


def markdown(run: dict[str, Any], figures: dict[str, Any]) -> str:
    """The whole page: a run of all measurements, and the figures of the appliance at work by name."""
    table = rows(run["results"])
    parts = [_machine(run), _table(table), _missed(table), _documents(run), at_work(figures), _profiles(run), _all(run), _failed(run)]
    return "\n".join([INTRODUCTION, *(line for part in parts for line in part)]) + "\n"


def table_text(run: dict[str, Any]) -> str:
    """The table for a terminal."""
    lines = []
    for row in rows(run["results"]):
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        lines.append(f"{row.measure:<72} {row.ours:<26} {row.beside:<44} {row.ratio:<18} {row.bar:<18} {verdict}")
    return "\n".join(lines)


def _machine(run: dict[str, Any]) -> Iterator[str]:
    facts = run["machine"]
    sqlite = facts["sqlite"]
    yield f"- Machine: {facts['cores']} x {facts['processor']}, {facts['system']}, Python {facts['python']}"
    yield f"- Load before {facts['load_before']:.2f}, after {facts['load_after']:.2f} (the run itself keeps one to two cores busy)"
    yield f"- fdatasync of 8 KB: p50 {facts['fdatasync_p50_ms']:.2f} ms, below TMPDIR like everything measured"
    yield f"- SQLite: product {sqlite['product']}, peers {sqlite['peers']} (the standard library's)"
    yield "- PRAGMAs of the product: " + ", ".join(f"{name}={value}" for name, value in facts["pragmas"].items())
    yield "- Versions: " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if version)
    yield f"- Taken {run['at']}, {run['mode']} run of {run['seconds']:.0f} s, {run['rounds']} rounds"


def _table(table: list[Row]) -> Iterator[str]:
    yield "\n## The bars\n\n| measure | Nexus | best peer | ratio | bar | |\n| --- | --- | --- | --- | --- | --- |"
    for row in table:
        yield f"| {row.measure} | {row.ours} | {row.beside} | {row.ratio} | {row.bar} | {VERDICTS[row.met]} |"


def _missed(table: list[Row]) -> Iterator[str]:
    missed = [row for row in table if row.met is False]
    if missed:
        yield "\n## What was missed, and the next step\n"
        for row in missed:
            yield f"- {row.measure}: {row.ours}, {row.ratio or row.bar} (bar {row.bar}). {row.next_step}".rstrip()


def _documents(run: dict[str, Any]) -> Iterator[str]:
    ours = run["results"].get("documents.product")
    if ours is None:
        return
    yield "\n## Documents\n"
    yield (
        f"{ours['documents']:.0f} different NF-e, variants of the authorised samples in nfelib's wheel (own number, key, parties, amounts and digest; the RSA value of "
        f"the signature is the sample's), {ours['bytes_each'] / 1024:.1f} KB on average, from the first file named to the commit of the last report, warm: "
        f"{ours['ms_each']:.2f} ms each, of which {ours['acknowledged_ms_each']:.2f} ms until the last acknowledgement; "
        f"{ours['cpu_ms_each']:.2f} ms of processor time, {ours['commits_each']:.2f} commits, FULL. States: {ours['states']}."
    )
    yield (
        "\n`from_xml` is nfelib's documented way and builds its model anew at every call, warm or not; a parser with one shared context spares that. "
        "The bar is read against the first; both stand in the table."
    )


def at_work(figures: dict[str, Any]) -> Iterator[str]:
    """Lines on what was measured of the running appliance, by name of the measurement."""
    if figures:
        yield "\n## The appliance at work\n"
        yield "Each has a command of its own, which also tells how it measures; figures and bars are those of its last run.\n"
    for name, command, told in (("spans", "make spans", _spans), ("backfill", "make backfill", _backfill)):
        if name in figures:
            taken = figures[name]
            yield f"`{command}`, taken {taken['at']} at a load of {taken['load']}: {told(taken)}\n"


def _spans(taken: dict[str, Any]) -> str:
    return (
        f"**a span a hop costs {taken['ratio'] - 1:+.1%} of a document's processor time** ({taken['cpu_ms_on']} ms against {taken['cpu_ms_off']} ms, median of {taken['pairs']} "
        f"interleaved pairs, {taken['documents']:,} documents); the upper 95 % bound of the ratio is {taken['upper_95']} (bar <= {taken['bar']}, "
        f"{VERDICTS[taken['upper_95'] <= taken['bar']]})."
    )


def _backfill(taken: dict[str, Any]) -> str:
    lag, bars = taken["loop_lag_ms"], taken["bars"]
    slowest = max(taken["process_s"]["worst"], taken["add_s"]["worst"])
    return (
        f"{taken['documents']:,} files behind a person's: {taken['taken_in_per_minute']:,} taken in and {taken['processed_per_minute']:,} processed a minute. "
        f"**Loop lag p95 {lag['observedValue']} ms** (the bound of its bucket; bar < {bars['lag_ms']}, {VERDICTS[lag['observedValue'] < bars['lag_ms']]}), p50 {lag['p50']} ms, "
        f"worst {lag['worst']} ms of {lag['ticks']:,}. **`nexus process` of a document meanwhile took {taken['process_s']['median']} s, at worst {taken['process_s']['worst']} s**, "
        f"`nexus add` {taken['add_s']['median']} s, at worst {taken['add_s']['worst']} s, from the start of the command to its end "
        f"({taken['interactive_calls']} calls; bar < {bars['wait_s']} s, {VERDICTS[slowest < bars['wait_s']]}; on an idle engine {taken['process_idle_s']} s); "
        f"the engine's part was {taken['engine_s']['median']} s, at worst {taken['engine_s']['worst']} s."
    )


def _profiles(run: dict[str, Any]) -> Iterator[str]:
    for ahead in ("off", "on"):
        profile = run["results"].get(f"profile.chain.{ahead}")
        if profile is None:
            continue
        yield f"\n## Profile of the chain, run-ahead {ahead}\n"
        yield f"{profile['process_us']:.0f} µs of processor time a hop, of which {profile['loop_us']:.0f} on the loop's thread; the rest is the writer's.\n"
        yield "| the writer's statements | µs a hop | calls a hop |\n| --- | --- | --- |"
        yield from (f"| `{statement}…` | {spent:.1f} | {calls:.2f} |" for statement, spent, calls in profile["statements"])
        yield "\n| the loop's functions, own time | share | calls a hop |\n| --- | --- | --- |"
        yield from (f"| `{name}` | {share:.1%} | {calls:.2f} |" for name, share, calls in profile["functions"])


def _all(run: dict[str, Any]) -> Iterator[str]:
    yield "\n## All figures\n\n| measurement | medians | first figure by round |\n| --- | --- | --- |"
    for name, result in run["results"].items():
        if not name.startswith("profile."):
            figures = ", ".join(f"{key} {value:,.4g}" for key, value in result.items() if isinstance(value, int | float) and not isinstance(value, bool))
            yield f"| {name} | {figures} | {', '.join(f'{value:,.4g}' for value in result['rounds'])} |"


def _failed(run: dict[str, Any]) -> Iterator[str]:
    if run["failed"]:
        yield "\n## Not measured\n"
        yield from (f"- {name}: {reason}" for name, reason in run["failed"].items())

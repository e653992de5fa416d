"""What is ripe in a watched folder: files that are new or changed, and looked the same twice, `stable_s` apart.

Pure but for the looks themselves: time is given, nothing waits. The scan of the whole folder is the truth; between two of them only files that
are not ripe yet are looked at again, so that one that grows for minutes does not cost a scan every two seconds.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.intake.paths import refusal
from engine.watching.options import WatchOptions
from engine.watching.scan import Face, Found, look, scan, whole
from store.records.watches import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds: how long a file must look the same (an empty one is often only begun), between two scans, and to a folder that is gone."""

    stable_s: float = 2.0
    empty_s: float = 60.0
    rescan_s: float = 30.0
    gone_s: float = 5.0


class Ripe(NamedTuple):
    """What a look led to: files to take in, what cannot be taken, files that were taken and are still to be moved, and files that are gone."""

    take: list[tuple[bytes, Face]]
    refused: list[tuple[bytes, Found]]
    move: list[tuple[bytes, Face]]
    gone: list[bytes]


class Waiting(NamedTuple):
    """A file that has looked so since `since`."""

    face: Face
    since: float


class Folder:
    """One watched folder. `seen` is what became of its files earlier; times are seconds of a monotonic clock."""

    def __init__(self, directory: bytes, options: WatchOptions, seen: Mapping[bytes, Seen], timing: Timing) -> None:
        self.directory = directory
        #: What became of files, by path; whoever takes them in keeps it up to date.
        self.seen = dict(seen)
        #: Device and inode at the last scan; `None` while the folder is not there.
        self.identity: tuple[int, int] | None = None
        self._passed_over: Callable[[bytes], bool] = options.passed_over()
        self._moved_to = options.move_to
        self._timing = timing
        self._waiting: dict[bytes, Waiting] = {}
        #: Somebody said that something changed since the last scan.
        self.hinted = False
        #: When the whole folder was looked at.
        self.scanned: float | None = None
        self._looked = 0.0

    def look(self, now: float) -> Ripe:
        """Look at what is due at `now`: everything, or what waits to be ripe. Raises what `scan` does."""
        self._looked = now
        if self._rescan_in(now) <= 0:
            return self._scan(now)
        ripe = Ripe([], [], [], [])
        self._wait(now, {name: look(self.directory, name) for name in self._waiting}, ripe)
        return ripe

    def next_look(self, now: float) -> float:
        """Seconds until a look is worth its while."""
        if self.scanned is None:
            return self._looked + self._timing.gone_s - now
        rescan = self._rescan_in(now)
        return min(rescan, self._looked + self._timing.stable_s - now) if self._waiting else rescan

    def _rescan_in(self, now: float) -> float:
        """Seconds until the next scan; a burst gives many hints, and two scans are never closer than a file must look the same."""
        if self.scanned is None:
            return 0.0
        # Added in the same way everywhere, so that what is due is due to the last bit.
        return self.scanned + (self._timing.stable_s if self.hinted else self._timing.rescan_s) - now

    def _scan(self, now: float) -> Ripe:
        self.scanned = self.identity = None
        # What is said from here on may be about what was looked at already.
        self.hinted = False
        found = scan(self.directory, self._passed_over, self._moved_to)
        self.scanned, self.identity = now, found.identity
        ripe = Ripe([], [], [], [name for name in self.seen if name not in found.files])
        fresh: dict[bytes, Found | None] = {}
        for name, one in found.files.items():
            known = self.seen.get(name)
            if known is not None and _same(known, one.face):
                if known.state == "unmoved":
                    ripe.move.append((name, one.face))
            elif one.error is not None:
                ripe.refused.append((name, one))
            else:
                fresh[name] = one
        for name in self._waiting.keys() - fresh.keys():
            del self._waiting[name]
        self._wait(now, fresh, ripe)
        return ripe

    def _wait(self, now: float, looked: Mapping[bytes, Found | None], ripe: Ripe) -> None:
        """Add to `ripe` which of these have looked the same for long enough; the others wait on."""
        for name, found in looked.items():
            if found is None or found.error is not None:
                # Whatever it is now, the next scan says.
                self._waiting.pop(name, None)
                continue
            before = self._waiting.get(name)
            if before is None or before.face[:3] != found.face[:3]:
                self._waiting[name] = Waiting(found.face, now)
            elif now >= before.since + (self._timing.stable_s if found.face.size else self._timing.empty_s):
                del self._waiting[name]
                refused = refusal(whole(self.directory, name), stat.S_IFREG)
                if refused is None:
                    ripe.take.append((name, found.face))
                else:
                    ripe.refused.append((name, Found(found.face, refused)))


def _same(seen: Seen, face: Face) -> bool:
    """Whether a file is as it was. What was refused may be allowed by now, which changes its ctime only."""
    same = (seen.inode, seen.size, seen.mtime) == face[:3]
    return same and (seen.state != "refused" or seen.ctime == face.ctime)

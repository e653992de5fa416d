"""Sending on what was kept: a task an exporter, at least once, in order, and never in a document's way.

A receiver that is down is tried again with pauses up to a minute, and told in the log once when that begins and once when it is over; what was
missed is sent then, as far back as rows are kept. What a receiver will never take is passed over, and told.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine.errors import EngineError, ExporterFailure, ReceiverRefused, ReceiverUnreachable, ReceiverUntrusted
from engine.telemetry.exporting.parcel import Exporter, Parcel
from engine.telemetry.journal import Journal, Level
from engine.telemetry.keeper import Keeper
from store import telemetry
from store.errors import StoreError

if TYPE_CHECKING:
    import httpx

#: Seconds between two looks for new rows, and the longest pause in an outage.
LOOK_S, LONGEST_S = 5.0, 60.0
#: Seconds a receiver may take for an answer, and all that is left at the end.
ANSWER_S, LAST_S = 10.0, 2.0
#: Bytes of an answer that are read.
LARGEST_ANSWER = 64 * 1024
#: Rows of one look.
ROWS = 512
#: What may be another time, of answers that say that the request is at fault.
PASSING = frozenset({401, 403, 404, 408, 425, 429})
#: Rows beyond an id, by what an exporter takes.
BEYOND: dict[str, Callable[..., Sequence[Any]]] = {"span": telemetry.spans_after, "record": telemetry.records_after}


class Maker(NamedTuple):
    """How an exporter is made, off the loop: `make` gives `None` where it is not configured after all, and raises what is wrong with its configuration.

    What has to be asked of a keyring is made `later`, not while the engine starts.
    """

    make: Callable[[], Exporter | None]
    takes: Literal["span", "record"] = "record"
    later: bool = False


class Exporting:
    """Runs between `start` and `stop`. `makers` make the exporters that may be configured, by name."""

    def __init__(self, makers: dict[str, Maker], keeper: Keeper, journal: Journal) -> None:
        self._makers = makers
        self._keeper = keeper
        self._journal = journal
        self._making: dict[asyncio.Task[None], bool] = {}
        self._running: list[asyncio.Task[None]] = []
        self._lines: list[_Line] = []

    def start(self) -> None:
        """Begin to send."""
        self._making = {asyncio.ensure_future(self._begin(name, maker)): maker.later for name, maker in self._makers.items()}

    async def stop(self) -> None:
        """Send what is left, for a moment, to receivers that are well; the rest goes after the next start."""
        # A process may end before its exporters are made: what it told would else go out after the next start only.
        if hurried := [task for task, later in self._making.items() if not later]:
            await asyncio.wait(hurried, timeout=LAST_S)
        tasks = [*self._making, *self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._lines:
            await self._keeper.flush()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_S):
                    # What fails here was told, or is sent after the next start.
                    await asyncio.gather(*(line.drain() for line in self._lines if not line.out), return_exceptions=True)
        for line in self._lines:
            await line.close()

    async def _begin(self, name: str, maker: Maker) -> None:
        try:
            if maker.later:
                await asyncio.sleep(LOOK_S)
            else:
                # Before anything is told that it should send.
                with suppress(StoreError):
                    await (await self._keeper.database()).write(partial(telemetry.cursor, name=name, table=maker.takes))
            exporter = await asyncio.to_thread(maker.make)
            if exporter is None:
                return
            client = await asyncio.to_thread(_client)
        except Exception as error:
            _tell(self._journal, name, error)
            return
        line = _Line(exporter, client, self._keeper, self._journal)
        with suppress(StoreError):
            await line.place()
        self._lines.append(line)
        self._running.append(asyncio.ensure_future(self._serve(name, line)))

    async def _serve(self, name: str, line: _Line) -> None:
        try:
            await line.run()
        except Exception as error:
            # Nobody waits for this task: what broke it would never be heard of.
            line.out = True
            _tell(self._journal, name, error)


class _Line:
    """One exporter's way to its receiver."""

    def __init__(self, exporter: Exporter, client: httpx.AsyncClient, keeper: Keeper, journal: Journal) -> None:
        self._exporter = exporter
        self._client = client
        self._keeper = keeper
        self._journal = journal
        self._at: int | None = None
        #: Whether the receiver is out.
        self.out = False
        #: Whether it refused what was sent last: a refusal is told when it begins.
        self._refused = False

    async def run(self) -> None:
        """Send for ever."""
        pause = LOOK_S
        while True:
            with suppress(StoreError):
                # A telemetry that cannot be read is told by who keeps it.
                await self.drain()
            pause = min(pause * 2, LONGEST_S) if self.out else LOOK_S
            await asyncio.sleep(pause)

    async def place(self) -> int:
        """How far it has got; one that is new begins here."""
        if self._at is None:
            database = await self._keeper.database()
            self._at = await database.write(partial(telemetry.cursor, name=self._exporter.name, table=self._exporter.takes))
        return self._at

    async def drain(self) -> None:
        """Send all there is, as long as it is taken."""
        database = await self._keeper.database()
        while True:
            at = await self.place()
            rows = await database.read(partial(BEYOND[self._exporter.takes], after=at, limit=ROWS))
            if not rows or not await self._deliver(await asyncio.to_thread(self._exporter.parcels, rows)):
                return
            await self._advance(rows[-1].id)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.aclose()

    async def _deliver(self, parcels: Sequence[Parcel]) -> bool:
        for parcel in parcels:
            refused = False
            try:
                await self._post(parcel)
            except ReceiverUnreachable as error:
                if not self.out:
                    self.out = True
                    _tell(self._journal, self._exporter.name, error)
                return False
            except ReceiverRefused as error:
                refused = True
                if not self._refused:
                    self._journal.log(Level.ERROR, "exporter.refused", str(error), exporter=self._exporter.name, code=error.code, hint=error.hint)
            if not refused and (self.out or self._refused):
                self._journal.log(Level.INFO, "exporter.recovered", "The receiver takes again what is sent.", exporter=self._exporter.name)
            self.out, self._refused = False, refused
            await self._advance(parcel.upto)
        return True

    async def _post(self, parcel: Parcel) -> None:
        import httpx

        try:
            async with asyncio.timeout(ANSWER_S), self._client.stream("POST", parcel.url, content=parcel.body, headers=parcel.headers) as answer:
                said = await _beginning(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            if _is_untrusted(error):
                raise ReceiverUntrusted(f"The certificate that {self._exporter.name} shows is not trusted.") from None
            raise ReceiverUnreachable(f"{self._exporter.name} could not be reached: {type(error).__name__}.") from None
        if answer.status_code < 300:
            if (objection := self._exporter.objection(said)) is not None:
                raise ReceiverRefused(f"{self._exporter.name}: {objection}")
            return
        if answer.status_code >= 500 or answer.status_code in PASSING or answer.status_code < 400:
            raise ReceiverUnreachable(f"{self._exporter.name} answered {answer.status_code}.")
        raise ReceiverRefused(f"{self._exporter.name} answered {answer.status_code}.")

    async def _advance(self, upto: int) -> None:
        if upto == self._at:
            return
        self._at = upto
        database = await self._keeper.database()
        await database.write(partial(telemetry.advance, name=self._exporter.name, at=upto))


def _tell(journal: Journal, name: str, error: Exception) -> None:
    """Say that an exporter fails, and what to do; of what is no error of the house only its kind."""
    failure = error if isinstance(error, EngineError) else ExporterFailure(f"The exporter broke: {type(error).__name__}.")
    journal.log(Level.ERROR, "exporter.failed", str(failure), exporter=name, code=failure.code, hint=failure.hint)


async def _beginning(answer: httpx.Response) -> bytes:
    """As much of an answer as one of good will has; the rest is not read."""
    said = b""
    async for chunk in answer.aiter_bytes():
        said += chunk
        if len(said) > LARGEST_ANSWER:
            break
    return said


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate that could not be verified is behind an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _client() -> httpx.AsyncClient:
    """Importing httpx and reading certificates takes tens of milliseconds. No proxy of the machine, no redirects: nothing goes where it was not sent.

    Trusted are the authorities of this system, a company's own among them (or SSL_CERT_FILE), and those that httpx brings, where the system has none.
    """
    import certifi
    import httpx

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return httpx.AsyncClient(verify=context, trust_env=False, follow_redirects=False, timeout=ANSWER_S)

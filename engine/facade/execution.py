"""Carrying commands out in the process that owns the data directory.

One function a command, found by the command's type. A command that names many things does what it can and says what it refused.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import BadInput, EngineError
from engine.facade import (
    blobs,
    commands,
    deciding,
    erasure,
    folders,
    issue_filing,
    manual,
    rebuilding,
    refusals,
    rerun,
    settings,
    tenants,
)
from engine.facade.commands import Command, CommandResult, Refusal
from engine.facade.deciding import expiry
from engine.facade.refusals import counted
from engine.facade.state import namespace
from engine.fiscal.companies import Regime
from engine.fiscal.identifiers import bare, cnpj_valid, cpf_valid
from engine.intake.intake import WAITING, Acknowledged, Intake, Request
from engine.intake.requeue import requeue_dead, requeue_message
from engine.outside import Outside
from engine.telemetry.keeper import Keeper
from store import kv
from store.errors import StoreError
from store.records import companies, jobs
from store.store import Store
from store.transaction import Transaction

#: A swept bite is about 10 ms; this bounds one command to a few seconds.
MOST_BITES = 500


class LocalExecutor:
    """Executes commands over the store and the intake of this process. `who` decides, the user and the face, where nobody else is named."""

    def __init__(
        self, store: Store, outside: Outside, intake: Intake, sweep: Callable[[], Awaitable[bool]], keeper: Keeper | None = None, *, version: str = "", who: str = ""
    ) -> None:
        self._store = store
        self._clock = outside.clock
        self._new_id = outside.new_id
        self._intake = intake
        self._sweep = sweep
        self._who = who
        #: What is kept with who decided it.
        self._deciding: dict[type[Any], deciding.Deciding] = {
            **deciding.handlers(store, outside.clock),
            commands.EraseSubject: lambda command, who: erasure.erase(store, command, who, keeper),
            commands.ChangeSetting: lambda command, who: settings.change(store, outside.clock.wall_ms(), command, who),
        }
        self._handlers: dict[type[Any], Callable[[Any], Awaitable[CommandResult]]] = {
            commands.OpenJob: self._open_job,
            commands.TakeIn: self._take_in_one,
            commands.CloseJob: self._close_job,
            **folders.handlers(store, outside, intake),
            **issue_filing.handlers(store, outside.clock, version),
            commands.Requeue: self._requeue,
            commands.Reprocess: self._reprocess,
            commands.Cancel: self._cancel,
            commands.RebuildAssistant: self._rebuild_assistant,
            commands.Enqueue: self._enqueue,
            commands.RestoreDead: self._restore,
            commands.PutKey: self._put_key,
            commands.DeleteKeys: self._delete_keys,
            commands.SweepNow: self._sweep_now,
            commands.CollectBlobs: lambda _: blobs.collect(store),
            commands.PutCompany: self._put_company,
            commands.RemoveCompany: self._remove_company,
        }

    async def execute(self, command: Command, who: str | None = None) -> CommandResult:
        """Run one command for `who`. Bad input and the store's refusals are part of the result; other errors are raised."""
        try:
            if (decide := self._deciding.get(type(command))) is not None:
                return await decide(command, who or self._who)
            return await self._handlers[type(command)](command)
        except (BadInput, StoreError) as error:
            if isinstance(error, StoreError) and error.exit_code != 2:
                raise
            return CommandResult(refused=(refusal(_subject(command), error),))

    async def take_in(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        async for acknowledged in self._intake.add(job, Request(tenant=tenant), paths):
            yield told(acknowledged)

    async def _open_job(self, command: commands.OpenJob) -> CommandResult:
        tenants.refuse(command.tenant)
        job = await self._intake.open_job(Request(tenant=command.tenant, source=command.source, priority=command.priority))
        return CommandResult(done=1, data={"job": job})

    async def _take_in_one(self, command: commands.TakeIn) -> CommandResult:
        job = await self._store.read(lambda connection: jobs.find(connection, command.job))
        if job is None or not job.open or job.tenant != command.tenant:
            # Nothing would ever send on what was taken in under it.
            raise BadInput(f"{command.job[:40]} is no open job of this tenant.")
        async with aclosing(self._intake.add(command.job, Request(tenant=command.tenant), [Path(os.fsdecode(command.path))])) as taking:
            async for acknowledged in taking:
                if acknowledged.state == WAITING and acknowledged.error is not None:
                    # This may take longer than an answer may: who wants to wait asks again.
                    raise acknowledged.error
                return CommandResult(done=int(acknowledged.error is None), data=told(acknowledged))
        return CommandResult()

    async def _close_job(self, command: commands.CloseJob) -> CommandResult:
        await self._intake.close_job(command.job)
        return CommandResult(done=1)

    async def _requeue(self, command: commands.Requeue) -> CommandResult:
        now, wall = self._clock.steady_ms(), self._clock.wall_ms()
        if command.from_start:
            rows = await self._store.read(partial(_documents_of, messages=command.messages))
            return await self._reprocess(commands.Reprocess(documents=(*command.documents, *rows)))

        def operation(tx: Transaction) -> manual.Outcome:
            outcome: manual.Outcome = [(doc, refusals.known(requeue_dead(tx, now, wall, doc))) for doc in command.documents]
            for message in command.messages:
                outcome.append((str(message), refusals.known(requeue_message(tx, now, wall, message))))
            return outcome

        return counted(await self._store.write(operation))

    async def _reprocess(self, command: commands.Reprocess) -> CommandResult:
        job = self._new_id()
        return await rerun.rerun(self._store, self._clock, job, command.documents, ttl_s=self._intake.job_ttl_s)

    async def _rebuild_assistant(self, command: commands.RebuildAssistant) -> CommandResult:
        return counted(await rebuilding.rebuild(self._store, self._clock, command.documents))

    async def _cancel(self, command: commands.Cancel) -> CommandResult:
        now, wall = self._clock.steady_ms(), self._clock.wall_ms()
        return counted(await self._store.write(lambda tx: [(doc, manual.cancel(tx, now, wall, doc)) for doc in command.documents]))

    async def _enqueue(self, command: commands.Enqueue) -> CommandResult:
        event = manual.validated(command.event)
        if (wanted := rerun.wanted(event)) is not None:
            return await self._enqueue_wanted(event.name.value, wanted)
        await self._store.write(partial(manual.enqueue, now=self._clock.steady_ms(), event=event))
        return CommandResult(done=1, data={"name": event.name.value, "docId": event.headers.doc_id})

    async def _enqueue_wanted(self, name: str, wanted: rerun.Wanted) -> CommandResult:
        """A planner's event by hand with `dryRun`, which only counts, or `reprocess`, which has a trace of its own."""
        tenant, docs, priority = wanted.tenant, wanted.docs, wanted.priority
        if wanted.dry_run:
            wall = self._clock.wall_ms()
            result = await self._store.read(lambda connection: rerun.preview(connection, wall, docs, tenant, priority))
        else:
            ttl_s = self._intake.job_ttl_s
            result = await rerun.rerun(self._store, self._clock, self._new_id(), docs, tenant, priority, ttl_s=ttl_s)
        return CommandResult(done=result.done, refused=result.refused, data={"name": name, **result.data})

    async def _restore(self, command: commands.RestoreDead) -> CommandResult:
        wall = self._clock.wall_ms()
        return counted(await self._store.write(lambda tx: manual.restore(tx, wall, command.messages)))

    async def _put_key(self, command: commands.PutKey) -> CommandResult:
        wanted = namespace(command.namespace)
        expires = expiry(self._clock.wall_ms(), command.ttl_s)
        value: bytes | None = command.value
        sha = None
        if len(command.value) > kv.INLINE:
            sha, value = (await self._store.blobs.put(command.value)).sha, None

        def operation(tx: Transaction) -> None:
            if sha is not None:
                self._store.blobs.confirm(sha)
            kv.put(tx, wanted, command.key, value, sha=sha, size=len(command.value), expires=expires, metadata=command.metadata)

        await self._store.write(operation)
        return CommandResult(done=1)

    async def _delete_keys(self, command: commands.DeleteKeys) -> CommandResult:
        wanted = namespace(command.namespace)
        return CommandResult(done=await self._store.write(lambda tx: sum(kv.delete(tx, wanted, key) for key in command.keys)))

    async def _sweep_now(self, command: commands.SweepNow) -> CommandResult:
        before = self._store.counters["expired"]
        for _ in range(MOST_BITES):
            if not await self._sweep():
                break
        return CommandResult(done=self._store.counters["expired"] - before)

    async def _put_company(self, command: commands.PutCompany) -> CommandResult:
        tenants.refuse(command.tenant)
        identifier = bare(command.cnpj)
        if not (cnpj_valid(identifier) or cpf_valid(identifier)):
            raise BadInput(f"{command.cnpj!r} is no valid CNPJ or CPF.")
        if command.regime is not None and command.regime not in {regime.value for regime in Regime}:
            raise BadInput(f"{command.regime!r} is no regime; there are {', '.join(regime.value for regime in Regime)}.")
        company = companies.Company(identifier, command.name, command.regime, command.uf, command.cnae)
        wall = self._clock.wall_ms()
        await self._store.write(lambda tx: companies.put(tx, wall, command.tenant, company))
        return CommandResult(done=1, data={"cnpj": identifier})

    async def _remove_company(self, command: commands.RemoveCompany) -> CommandResult:
        removed = await self._store.write(lambda tx: companies.remove(tx, command.tenant, bare(command.cnpj)))
        return CommandResult(done=1) if removed else CommandResult(refused=(refusals.NOT_A_COMPANY.of(command.cnpj),))


def refusal(subject: str, error: EngineError | StoreError) -> Refusal:
    """An error as a refusal."""
    return Refusal(subject=subject, reason=str(error), code=error.code, hint=error.hint)


def told(acknowledged: Acknowledged) -> dict[str, Any]:
    """An acknowledgement as every face tells it."""
    value: dict[str, Any] = {
        "file": acknowledged.path, "docId": acknowledged.doc, "jobId": acknowledged.job, "state": acknowledged.state,
    }  # fmt: skip
    if acknowledged.already:
        value["already"] = True
    if acknowledged.error is not None:
        error = acknowledged.error
        value["error"] = {"code": error.code, "message": str(error), "hint": error.hint}
    return value


def _subject(command: Command) -> str:
    """What a command as a whole is about."""
    for name in ("queue", "key", "cnpj", "path"):
        subject: str | bytes | None = getattr(command, name, None)
        if subject is not None:
            return subject.decode("utf-8", "replace") if isinstance(subject, bytes) else subject
    return ""


def _documents_of(connection: Any, *, messages: tuple[int, ...]) -> tuple[str, ...]:
    found = []
    for message in messages:
        row = connection.execute("SELECT doc FROM msg WHERE id=? AND doc IS NOT NULL", (message,)).fetchone()
        if row is not None:
            found.append(row[0])
    return tuple(dict.fromkeys(found))

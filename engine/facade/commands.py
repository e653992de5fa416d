"""Commands: what a face may ask the owner to do, as values that travel through its socket unchanged."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the tagged union; the tag is the class name."""


class OpenJob(_Command, frozen=True, kw_only=True):
    """Begin to take files in. The result's `data` holds `job`."""

    tenant: str
    source: Literal["upload", "api", "backfill", "sync"] = "upload"
    priority: Literal["low", "normal", "high"] = "normal"


class TakeIn(_Command, frozen=True, kw_only=True):
    """Take one file in; the answer is its acknowledgement."""

    job: str
    tenant: str
    #: As the file system has it, which need not be UTF-8.
    path: bytes


class CloseJob(_Command, frozen=True, kw_only=True):
    """All files of the job are in."""

    job: str


class SendOn(_Command, frozen=True, kw_only=True):
    """What the open job has taken in so far goes on its way; more follows."""

    job: str


class AddWatch(_Command, frozen=True, kw_only=True):
    """Watch a folder, or change how it is watched. Paths are absolute, as the file system has them."""

    directory: bytes
    tenant: str
    ignore: tuple[str, ...] = ()
    #: Where files go once they are taken in; `None` keeps them where they are.
    move_to: bytes | None = None


class RemoveWatch(_Command, frozen=True, kw_only=True):
    """Watch a folder no more; its files and documents stay."""

    directory: bytes


class PauseWatch(_Command, frozen=True, kw_only=True):
    """Take nothing more from a watched folder, or go on."""

    directory: bytes
    paused: bool = True


class BeginBackfill(_Command, frozen=True, kw_only=True):
    """An open job takes `found` files of a folder in, at most `rate` a minute."""

    job: str
    tenant: str
    directory: bytes
    found: int
    rate: int | None = None


class NoteBackfill(_Command, frozen=True, kw_only=True):
    """How many files of a backfill were taken in, known or refused so far, and whether it has ended."""

    job: str
    taken: int
    known: int
    refused: int
    ended: bool = False


class PauseBackfills(_Command, frozen=True, kw_only=True):
    """Take nothing more in by backfills, of one folder or all, or go on."""

    directory: bytes | None = None
    paused: bool = True


class Requeue(_Command, frozen=True, kw_only=True):
    """Send dead letters back to where they failed: by document or by message."""

    documents: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()
    #: The first agent again instead of the failed stage.
    from_start: bool = False


class Reprocess(_Command, frozen=True, kw_only=True):
    """Run documents again from the planner, under a new trace."""

    documents: tuple[str, ...]


class RebuildAssistant(_Command, frozen=True, kw_only=True):
    """Forget what the assistant prepared of documents and prepare it again."""

    documents: tuple[str, ...]


class Cancel(_Command, frozen=True, kw_only=True):
    """Stop working on documents."""

    documents: tuple[str, ...]


class Enqueue(_Command, frozen=True, kw_only=True):
    """Send an event by hand; it is validated against the contract."""

    event: dict[str, Any]


class ChangeQueue(_Command, frozen=True, kw_only=True):
    """Change settings of a queue; absent ones stay."""

    queue: str
    settings: dict[str, int]


class PurgeQueue(_Command, frozen=True, kw_only=True):
    """Move everything that waits in a queue to the bin."""

    queue: str


class DropDead(_Command, frozen=True, kw_only=True):
    """Move dead letters to the bin."""

    messages: tuple[int, ...]


class RestoreDead(_Command, frozen=True, kw_only=True):
    """Take dead letters back from the bin."""

    messages: tuple[int, ...]


class PutKey(_Command, frozen=True, kw_only=True):
    """Write a KV key."""

    namespace: str
    key: str
    value: bytes
    ttl_s: int | None = None
    metadata: str | None = None


class DeleteKeys(_Command, frozen=True, kw_only=True):
    """Delete KV keys."""

    namespace: str
    keys: tuple[str, ...]


class ExpireKey(_Command, frozen=True, kw_only=True):
    """Change when a key expires; `None` is never."""

    namespace: str
    key: str
    ttl_s: int | None


class ExpireKeys(_Command, frozen=True, kw_only=True):
    """Change when all live keys with a prefix expire; `None` is never."""

    namespace: str
    prefix: str
    ttl_s: int | None


class ReleaseLocks(_Command, frozen=True, kw_only=True):
    """Release locks. A live one is refused unless `force` says that a person typed its name."""

    names: tuple[str, ...]
    force: bool = False


class FileIssue(_Command, frozen=True, kw_only=True):
    """File a dead letter as an issue of the configured repository; a fault that is filed already is not filed again."""

    message: int


class EraseSubject(_Command, frozen=True, kw_only=True):
    """Erase all documents of a person or company, and what hangs on them."""

    subject: str


class CollectBlobs(_Command, frozen=True, kw_only=True):
    """Go round all blobs and move those that nothing names to the trash."""


class SweepNow(_Command, frozen=True, kw_only=True):
    """Sweep until nothing expired is left."""


class PutCompany(_Command, frozen=True, kw_only=True):
    """Add or change an own company."""

    tenant: str
    cnpj: str
    name: str | None = None
    regime: str | None = None
    uf: str | None = None
    cnae: str | None = None


class RemoveCompany(_Command, frozen=True, kw_only=True):
    """Remove an own company."""

    tenant: str
    cnpj: str


class ChangeSetting(_Command, frozen=True, kw_only=True):
    """Set a setting while the engine runs; `None` takes it back."""

    key: str
    value: str | None


class Undo(_Command, frozen=True, kw_only=True):
    """Take back the last decision that can be, if it is not older than 10 seconds."""


Command = (
    OpenJob | TakeIn | CloseJob | Requeue | Reprocess | Cancel | Enqueue | ChangeQueue | PurgeQueue | DropDead | RestoreDead
    | PutKey | DeleteKeys | ExpireKey | ReleaseLocks | SweepNow | PutCompany | RemoveCompany | ChangeSetting
    | SendOn | AddWatch | RemoveWatch | PauseWatch | BeginBackfill | NoteBackfill | PauseBackfills
    | RebuildAssistant | ExpireKeys | CollectBlobs | EraseSubject | FileIssue | Undo
)  # fmt: skip


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Something a command did not do, and why."""

    subject: str
    reason: str
    code: str = ""
    hint: str = ""


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: how many, what was refused, how to undo it, and what else there is to say."""

    done: int = 0
    refused: tuple[Refusal, ...] = ()
    undo: str | None = None
    data: dict[str, Any] = {}


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """A command on its way through the owner's socket, deduplicated by its id. `who` asks for it: the user and the face."""

    command_id: str
    command: Command
    who: str = ""

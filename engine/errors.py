"""What can go wrong in the engine.

EngineError                   NX-E00
├── BadInput                  NX-E10  a path, option or event the caller gave                exit 2
│   ├── NoSuchFile            NX-E11
│   ├── NotReadable           NX-E12
│   ├── FileTooLarge          NX-E13
│   ├── InvalidEvent          NX-E14
│   ├── BadFilter             NX-E15
│   ├── NoData                NX-E16  the data directory holds nothing yet
│   ├── NotAFile              NX-E17  a pipe, a device, a socket, a link to a folder
│   ├── FileChanged           NX-E18  someone still writes it
│   └── NoRoomForFile         NX-E19  the disk has no room for a file of this size
├── NoSpace                   NX-E20  intake pauses below the floor of free space            exit 69
├── Unanswered                NX-E21  the owner of the data directory does not answer        exit 75
│   └── OwnerGone             NX-E24  it ended, or is ending, and whoever asked may own the directory now
├── VersionMismatch           NX-E22  the owner runs another schema                          exit 78
└── AgentError                        failures of a hop; they are retried, then dead letters
    ├── AgentTimeout          NX-A01
    ├── AgentCrashed          NX-A02  the agent raised
    ├── InvalidPayload        NX-A03  a payload that does not fit the contract; never retried
    ├── ExtractionCrashed     NX-A05  the sandbox that read the bytes had to be stopped
    └── Interrupted           NX-A04  the process died five times while it worked on the document
"""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """The engine failed."""

    code: ClassVar[str] = "NX-E00"
    title: ClassVar[str] = "Engine failure"
    hint: ClassVar[str] = "Run `nexus doctor` and look at the log."
    exit_code: ClassVar[int] = 69

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class BadInput(EngineError):
    """The call cannot be carried out as it was given."""

    code = "NX-E10"
    title = "Bad input"
    hint = "Correct the call."
    exit_code = 2


class NoSuchFile(BadInput):
    """There is no such file or folder."""

    code = "NX-E11"
    title = "No such file"
    hint = "Check the path."


class NotReadable(BadInput):
    """The file cannot be read."""

    code = "NX-E12"
    title = "Not readable"
    hint = "Check the permissions of the file and its folder."


class FileTooLarge(BadInput):
    """The file is larger than intake takes."""

    code = "NX-E13"
    title = "File too large"
    hint = "Split it, or send the documents it holds."


class InvalidEvent(BadInput):
    """The event does not fit the contract."""

    code = "NX-E14"
    title = "Invalid event"
    hint = "Compare it with docs/schema."


class BadFilter(BadInput):
    """The filter cannot be understood."""

    code = "NX-E15"
    title = "Bad filter"
    hint = "Known words: state: status: family: issuer: cfop: period: since: tenant: finding: queue: error: trace: age>"


class NoData(BadInput):
    """There is no data yet."""

    code = "NX-E16"
    title = "No data yet"
    hint = "Take files in with `nexus add`, or check --data-dir and NEXUS_DATA_DIR."


class NotAFile(BadInput):
    """Only files and folders are taken in."""

    code = "NX-E17"
    title = "Not a file"
    hint = "Copy what it holds into a file; a folder that a link leads to is named by itself."


class FileChanged(BadInput):
    """The file changed while it was read."""

    code = "NX-E18"
    title = "File still changing"
    hint = "Add it again once it is written to its end."


class NoRoomForFile(BadInput):
    """The disk has no room for a file of this size."""

    code = "NX-E19"
    title = "File does not fit"
    hint = "Move the data directory to a larger disk, or split the file; then add it again."


class NoSpace(EngineError):
    """Less free space than the floor: intake waits, nothing is lost."""

    code = "NX-E20"
    title = "Low disk space"
    hint = "Free some space; intake resumes by itself."


class Unanswered(EngineError):
    """The process that owns the data directory does not answer."""

    code = "NX-E21"
    title = "Owner does not answer"
    hint = "Look at that process; end it if it hangs, and try again."
    exit_code = 75


class OwnerGone(Unanswered):
    """The process that owned the data directory has ended."""

    code = "NX-E24"
    title = "Owner has ended"
    hint = "What it acknowledged is kept. Try again."


class VersionMismatch(EngineError):
    """The process that owns the data directory runs another version."""

    code = "NX-E22"
    title = "Other version running"
    hint = "Stop the running engine and start the installed version."
    exit_code = 78


class AgentError(EngineError):
    """A hop failed."""

    code = "NX-A00"
    title = "Agent failure"
    hint = "Requeue it once the cause is gone: `nexus dlq requeue`."


class AgentTimeout(AgentError):
    """The agent made no progress within its deadline."""

    code = "NX-A01"
    title = "Agent timed out"
    hint = "One very large document or a slow disk: raise the agent's timeout_ms, or requeue."


class AgentCrashed(AgentError):
    """The agent raised an error."""

    code = "NX-A02"
    title = "Agent failed"


class InvalidPayload(AgentError):
    """The payload does not fit the contract."""

    code = "NX-A03"
    title = "Invalid payload"
    hint = "The sender is of another version or broken; it is not retried."


class Interrupted(AgentError):
    """The process died several times while it worked on this document."""

    code = "NX-A04"
    title = "Crashed repeatedly"
    hint = "Keep the file, look at the log around those times, then requeue."


class ExtractionCrashed(AgentError):
    """Reading the file took more than it may: the sandbox was stopped, the file is kept."""

    code = "NX-A05"
    title = "Extraction stopped"
    hint = "The file is damaged or hostile; look at it, then drop the dead letter or requeue it."

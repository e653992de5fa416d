"""What can go wrong below the engine.

StoreError                    NX-S00
├── Owned                     NX-S01  another process owns the data directory            exit 75
├── NewerSchema               NX-S02  the database was written by a newer Nexus           exit 78
├── NotNexus                  NX-S03  the file is no Nexus database                       exit 78
├── DiskFull                  NX-S04  no space left                                       exit 69
├── Unwritable                NX-S05  the data directory cannot be written                exit 78
├── Damaged                   NX-S06  SQLite or a content hash says data changed          exit 69
├── Busy                      NX-S07  another process holds the database                  exit 69
├── Closed                    NX-S08  the store is closed
├── DirectoryUnreadable       NX-S09  the data directory cannot be read                   exit 78
├── Quarantined               NX-S30  a damaged database was moved aside, or is gone      exit 69
└── Refusal                           a caller's wish the store declines; nothing was written
    ├── InvalidKey            NX-S20
    ├── TooLarge              NX-S21
    ├── UnknownQueue          NX-S22
    ├── LeaseLost             NX-S23  the message belongs to someone else by now
    ├── Conflict              NX-S24  what the caller had read has changed
    ├── NotFound              NX-S25
    ├── Changed               NX-S26  a file was written to while it was copied
    ├── BadBackup             NX-S31  a file is no backup, or does not match its manifest
    ├── NotEmpty              NX-S32  a restore would lie over data
    ├── NoBackup              NX-S33  no backup is where one was looked for
    └── NoPlace               NX-S34  a backup cannot be written to the place that was named
"""

from __future__ import annotations

from typing import ClassVar


class StoreError(Exception):
    """The store failed."""

    code: ClassVar[str] = "NX-S00"
    title: ClassVar[str] = "Store failure"
    hint: ClassVar[str] = "Run `nexus doctor` and look at the log."
    exit_code: ClassVar[int] = 69

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Owned(StoreError):
    """Another process owns this data directory."""

    code = "NX-S01"
    title = "Data directory in use"
    hint = "Stop that process, or let this command go through its socket."
    exit_code = 75


class NewerSchema(StoreError):
    """The database was written by a newer Nexus."""

    code = "NX-S02"
    title = "Newer schema"
    hint = "Install the newer Nexus again, or restore the backup made before the upgrade."
    exit_code = 78


class NotNexus(StoreError):
    """The file is no Nexus database."""

    code = "NX-S03"
    title = "Not a Nexus database"
    hint = "Point --data-dir at another folder, or move the file away."
    exit_code = 78


class DiskFull(StoreError):
    """There is no space left where the data lives."""

    code = "NX-S04"
    title = "Disk full"
    hint = "Free some space; intake resumes by itself."


class Unwritable(StoreError):
    """The data directory cannot be written."""

    code = "NX-S05"
    title = "Data directory not writable"
    hint = "Check the owner and mode of the folder (0700) and that its disk is mounted read-write."
    exit_code = 78


class Damaged(StoreError):
    """Stored data does not match its own hash or structure."""

    code = "NX-S06"
    title = "Damaged data"
    hint = "Keep the files, restore a backup, and run `nexus doctor`."


class Busy(StoreError):
    """Another process holds the database."""

    code = "NX-S07"
    title = "Database busy"
    hint = "Try again; if it stays so, look for a second program that has the file open."


class Closed(StoreError):
    """The store is closed."""

    code = "NX-S08"
    title = "Store closed"
    hint = "Start the engine again."


class DirectoryUnreadable(StoreError):
    """The data directory cannot be read."""

    code = "NX-S09"
    title = "Data directory not readable"
    hint = "Run the command as the user it belongs to (of the service: `sudo -u nexus nexus …`), or name another folder with --data-dir."
    exit_code = 78


class Quarantined(StoreError):
    """The database is damaged and was moved aside."""

    code = "NX-S30"
    title = "Database moved aside"
    hint = "`nexus restore` brings the newest backup back; `nexus init --fresh` starts empty. What was moved aside stays in quarantine/ until you remove it."


class Refusal(StoreError):
    """The store declined; nothing was written."""

    code = "NX-S19"
    title = "Refused"
    hint = "Correct the call."
    exit_code = 2


class InvalidKey(Refusal):
    """A key has 1 to 512 bytes of UTF-8 and is neither `.` nor `..`."""

    code = "NX-S20"
    title = "Invalid key"


class TooLarge(Refusal):
    """The value is larger than its kind allows."""

    code = "NX-S21"
    title = "Too large"
    hint = "Store a reference to a blob instead."


class UnknownQueue(Refusal):
    """There is no queue of that name."""

    code = "NX-S22"
    title = "Unknown queue"
    hint = "`nexus queues ls` names them."


class LeaseLost(Refusal):
    """The message was given to someone else; the late result was discarded."""

    code = "NX-S23"
    title = "Lease lost"
    hint = "Nothing to do: the message is processed by its new holder."


class Conflict(Refusal):
    """What the caller had read changed before it wrote."""

    code = "NX-S24"
    title = "Conflict"
    hint = "Read again and retry."


class NotFound(Refusal):
    """There is no such row."""

    code = "NX-S25"
    title = "Not found"
    hint = "Check the id."


class Changed(Refusal):
    """The file was written to while it was copied."""

    code = "NX-S26"
    title = "File still changing"
    hint = "Try again once it is written to its end."


class BadBackup(Refusal):
    """The file is no whole backup."""

    code = "NX-S31"
    title = "Bad backup"
    hint = "Take another backup; nothing was changed."


class NotEmpty(Refusal):
    """There is data where the backup would go."""

    code = "NX-S32"
    title = "Not empty"
    hint = "Restore into another --data-dir, or let --replace move what is there aside."


class NoBackup(Refusal):
    """There is no backup."""

    code = "NX-S33"
    title = "No backup"
    hint = "Name the file; `nexus backup` makes one."


class NoPlace(Refusal):
    """A backup does not go there; what is there stays."""

    code = "NX-S34"
    title = "No place for a backup"
    hint = "Name a new file, an earlier backup, or a folder that is there; in the data directory only its backups/."

"""What bytes became: the values that extraction hands on, all of them JSON-encodable because they cross the sandbox's
pipe.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.fiscal.note import Note, Remark

#: `Document.status` on the wire.
Status = Literal["parsed", "ocr_needed", "unsupported", "error"]
#: The document state that follows if nothing else happens.
State = Literal["done", "ocr_needed", "unsupported", "unreadable"]


class Problem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why bytes could not be read. `code` is of `problems.MESSAGES`, `message` is the stored Portuguese text."""

    code: str
    message: str
    #: Line of the file, counted from 1, where the reader knows it.
    line: int | None = None
    #: What fills the message's template in another language.
    arguments: dict[str, str] = {}


class FactParty(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A party of a document that is only recognised: whole identifier, name, state."""

    id: str | None = None
    name: str | None = None
    uf: str | None = None


class EventFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event as the wire says it; `target` is the key of the document it speaks of."""

    type: str | None = None
    sequence: str | None = None
    #: cStat of the retEvento; `None` where the authority's answer is not in the file.
    status: str | None = None
    target: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a document of a family that has no normal form yet; texts are the document's own."""

    access_key: str | None = None
    number: str | None = None
    series: str | None = None
    issued_at: str | None = None
    issuer: FactParty | None = None
    recipient: FactParty | None = None
    #: The document's headline amount (vTPrest, vCarga, vLiq, vServ) with a decimal dot.
    total: str | None = None
    cfops: tuple[str, ...] = ()
    event: EventFacts | None = None
    #: First and last number of an inutilização.
    range: tuple[str, str] | None = None


class Extraction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The outcome of reading one document. `note` is set exactly where `status` is `parsed`."""

    #: A family of the `--json` output: nfe, nfce, cte, event, pdf, unknown …
    family: str
    #: Layout version as written in the document.
    version: str | None = None
    status: Status
    state: State
    note: Note | None = None
    #: The same as `note.remarks` where there is a note.
    remarks: tuple[Remark, ...] = ()
    facts: Facts | None = None
    #: Encoding the text was read in: utf-8, utf-16, iso-8859-1 …
    encoding: str | None = None
    error: Problem | None = None

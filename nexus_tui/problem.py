"""An error as a person reads it: what happened, why it is likely, what to do, and the code to look it up."""

from __future__ import annotations

from dataclasses import dataclass

from nexus_tui.clean import plain
from nexus_tui.i18n import Translator

#: The code of the engine's error for an owner that is gone: a window that looks on can do nothing about it but say how to go on.
ENDED = "NX-E24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The four parts every face shows of an error."""

    code: str
    title: str
    message: str
    hint: str


def problem_of(error: BaseException, say: Translator) -> Problem:
    """Read the parts off an error of the house, in the reader's language; any other error is a fault of ours and says so."""
    code, title, hint = (getattr(error, name, None) for name in ("code", "title", "hint"))
    if isinstance(code, str) and isinstance(title, str):
        from nexus_tui.i18n.errors import worded

        message = str(error) or (type(error).__doc__ or "").strip()
        if code == ENDED:
            return ended(say)
        told = worded(code, title, message, hint or "", "pt" if say.language == "pt-BR" else "en")
        return Problem(code=plain(code), title=plain(told.title), message=plain(told.message), hint=plain(told.hint))
    return Problem(
        code=type(error).__name__,
        title=say("problem.unexpected.title"),
        message=plain(str(error) or type(error).__name__),
        hint=say("problem.unexpected.hint"),
    )


def ended(say: Translator) -> Problem:
    """What a viewer tells when the process that runs the engine is gone."""
    return Problem(code=ENDED, title=say("ended.title"), message=say("ended.message"), hint=say("ended.hint"))

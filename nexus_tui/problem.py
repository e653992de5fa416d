"""An error as a person reads it: what happened, why it is likely, what to do, and the code to look it up."""

from __future__ import annotations

from dataclasses import dataclass

from nexus_tui.clean import plain
from nexus_tui.i18n import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The four parts every face shows of an error."""

    code: str
    title: str
    message: str
    hint: str


def problem_of(error: BaseException, say: Translator) -> Problem:
    """Read the parts off an error of the house; any other error is a fault of ours and says so."""
    code, title, hint = (getattr(error, name, None) for name in ("code", "title", "hint"))
    if isinstance(code, str) and isinstance(title, str):
        message = str(error) or (type(error).__doc__ or "").strip()
        return Problem(code=plain(code), title=plain(title), message=plain(message), hint=plain(hint or ""))
    return Problem(
        code=type(error).__name__,
        title=say("problem.unexpected.title"),
        message=plain(str(error) or type(error).__name__),
        hint=say("problem.unexpected.hint"),
    )

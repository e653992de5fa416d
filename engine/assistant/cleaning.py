"""Text of documents, made fit for an answer: no control character, no escape sequence, no invisible reordering, nothing that any face takes for markup.

Answers travel to terminals, web pages and chats. What a stranger wrote is one line there, of bounded length, with the brackets that HTML, Markdown and
terminal markup begin with replaced by others that look alike.
"""

from __future__ import annotations

import re
from typing import Final

#: Longest piece of a document's text in an answer.
LONGEST: Final = 160

#: Whole escape sequences first, so that their letters go too.
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_BLANKS: Final = re.compile(r"\s+")
#: C0, DEL, C1, soft hyphen, zero-width characters, bidirectional overrides and isolates, byte order mark, tags, lone surrogates.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKUP: Final = str.maketrans(
    {"<": "‹", ">": "›", "[": "(", "]": ")", "{": "(", "}": ")", "`": "'", "|": "¦", "\\": "/"}
)


def seen(text: str) -> str:
    """The text as one line, without what cannot be seen."""
    return _UNSEEN.sub("", _BLANKS.sub(" ", _ESCAPES.sub("", text))).strip()


def quoted(text: str, longest: int = LONGEST) -> str:
    """A stranger's text as an answer may hold it."""
    line = seen(text).translate(_MARKUP)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"

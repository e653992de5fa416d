"""A2 OcrParser: decides whether a document needs eyes. It shares a hop with A3.

Text that was read needs none. A scan or a PDF is passed on as it is: its report says `ocr_needed`, and the bytes are kept.
"""

from __future__ import annotations

from engine.contract.payloads import ParsedDocument


def needs_eyes(parsed: ParsedDocument) -> bool:
    """Whether there is nothing to normalise until someone has looked at the picture."""
    return parsed.doc.status == "ocr_needed"

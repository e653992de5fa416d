"""An infNFe element becomes a `Note`."""

from engine.extraction.nfe.note import NOTE_ELEMENT, is_template, note_of

__all__ = ["NOTE_ELEMENT", "is_template", "note_of"]

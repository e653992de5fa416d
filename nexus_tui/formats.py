"""Numbers, money, times and identifiers as a Brazilian or an English reader writes them.

Owns every conversion from value to visible text; the process locale is never consulted, so that a box without `pt_BR` shows the
same screen. Times come in as UTC milliseconds and leave in the display zone; dates written in a document stay as written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from nexus_tui.i18n import Language

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """How one reader wants values written."""

    language: Language
    zone: tzinfo

    def integer(self, value: int) -> str:
        """1284 -> `1.284` or `1,284`."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.language == "pt-BR" else text

    def decimal(self, value: Decimal | float, places: int) -> str:
        """1234.5 with two places -> `1.234,50` or `1,234.50`."""
        text = f"{value:,.{places}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "pt-BR" else text

    def money(self, text: str) -> str:
        """A document's own amount, `48210.55`, as `R$ 48.210,55`; what is no number stays as it was written."""
        written = self.number(text, 2)
        return written if written == text and not text.replace(".", "").isdigit() else f"R$ {written}"

    def number(self, text: str, places: int) -> str:
        """A decimal in wire notation with `places` places; what is no number stays as it was written."""
        try:
            value = Decimal(text)
        except InvalidOperation:
            return text
        return self.decimal(value, places) if value.is_finite() else text

    def duration(self, milliseconds: int) -> str:
        """How long something took: `38 ms`, `2.1 s`, `3 m 12 s`."""
        if milliseconds < SECOND:
            return f"{max(milliseconds, 0)} ms"
        if milliseconds < MINUTE:
            return f"{self.decimal(milliseconds / SECOND, 1)} s"
        return f"{milliseconds // MINUTE} m {milliseconds % MINUTE // SECOND} s"

    def age(self, milliseconds: int) -> str:
        """How long ago, in its largest unit: `3 s`, `11 m`, `5 h`, `12 d`."""
        for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
            if milliseconds >= unit:
                return f"{milliseconds // unit} {letter}"
        return f"{max(milliseconds, 0) // SECOND} s"

    def time(self, at_ms: int) -> str:
        """The time of day in the display zone: `14:02:11`."""
        return self._local(at_ms).strftime("%H:%M:%S")

    def day(self, at_ms: int) -> str:
        """The day in the display zone: `31/12/2026` or `2026-12-31`."""
        return self._local(at_ms).strftime(self._day_pattern)

    def moment(self, at_ms: int, now_ms: int) -> str:
        """A moment as short as it stays clear: the time alone if it is today."""
        today = self._local(at_ms).date() == self._local(now_ms).date()
        return self.time(at_ms) if today else f"{self.day(at_ms)} {self.time(at_ms)}"

    def written(self, iso: str) -> str:
        """A moment as the document wrote it, without moving it to another zone."""
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            return iso
        return moment.strftime(self._day_pattern if len(iso) <= 10 else f"{self._day_pattern} %H:%M")

    def identifier(self, text: str) -> str:
        """A CNPJ (letters allowed since July 2026) or CPF with its punctuation; anything else as it is."""
        if len(text) == 14 and text.isalnum():
            return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
        if len(text) == 11 and text.isdigit():
            return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
        return text

    @property
    def _day_pattern(self) -> str:
        return "%d/%m/%Y" if self.language == "pt-BR" else "%Y-%m-%d"

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / SECOND, UTC).astimezone(self.zone)

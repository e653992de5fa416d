"""One half of a note, its slice opened again: cells by their place in the official layout."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.extraction.lists.columns import NUMERIC, plain
from engine.extraction.lists.reading import place_columns
from engine.extraction.lists.slices import SliceContent, SliceRow
from engine.extraction.lists.values import CONTRIBUTOR, code, moment, number, whole

CODED = frozenset(("ide/mod", "ide/idDest", "ide/indFinal", "ide/indPres"))
WHOLE = frozenset(("ide/serie", "ide/nNF", "det/nItem", "prod/NCM", "prod/CEST", "prod/CFOP", "emit/IE", "dest/IE"))
MOMENTS = frozenset(("ide/dhEmi", "evento/dhEvento"))


class Line:
    """A row of a slice: `values` holds the filled cells in the layout's own form, by place."""

    def __init__(self, half: Half, row: SliceRow) -> None:
        self.number = row.row
        #: `202401_NFs_Itens.csv/linha[17]`
        self.path = f"{half.content.source}/linha[{row.row}]"
        self.values: Mapping[str, str] = {
            place: half.written(place, row.cells[index])
            for place, index in half.known.items()
            if index < len(row.cells) and row.cells[index].strip()
        }

    def group(self, name: str) -> dict[str, str]:
        """The leaves of one group: `group("prod")` -> `{"xProd": …}`."""
        start = name + "/"
        return {place[len(start) :]: text for place, text in self.values.items() if place.startswith(start)}


class Half:
    """A decoded slice."""

    def __init__(self, document: bytes) -> None:
        """Raises `msgspec.DecodeError` for what is no slice."""
        self.content = msgspec.json.decode(document, type=SliceContent)
        self.known = place_columns(tuple(self.content.columns))
        self.lines = [Line(self, row) for row in self.content.rows]

    def written(self, place: str, cell: str) -> str:
        """A cell as the official layout would write it."""
        if place in NUMERIC:
            return number(cell, self.content.decimal)
        if place in CODED:
            return code(cell)
        if place in WHOLE:
            return whole(cell)
        if place in MOMENTS:
            return moment(cell)
        if place == "dest/indIEDest":
            return CONTRIBUTOR.get(plain(cell)) or code(cell)
        return cell.strip()

    def only_companies(self, place: str) -> bool:
        """Whether the column of an identifier is by its name for CNPJ alone."""
        words = plain(self.content.columns[self.known[place]]).split(" ")
        return "cnpj" in words and "cpf" not in words

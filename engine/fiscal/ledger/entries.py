"""One line of double entry, the booking that holds a note's lines, and the journal that writes them balanced."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.fiscal import chart
from engine.fiscal.chart import Account
from engine.fiscal.operations import Operation
from engine.fiscal.reasons import Reason

Side = Literal["D", "C"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line: account, side and positive integer cents, with its history in Portuguese."""

    account: str
    name: str
    type: Side
    cents: int
    memo: str
    operation: Operation
    #: Identifier of the establishment whose books these are.
    owner: str
    #: The share of vNF that this line puts against the counterparty; negative where the share itself is.
    principal: int = 0


class Booking(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All lines of one note, or the reason why there are none."""

    entries: tuple[Entry, ...] = ()
    viewpoint: Literal["issuer", "recipient"] = "issuer"
    refusal: Reason | None = None

    @property
    def debits(self) -> int:
        """Cents debited."""
        return sum(entry.cents for entry in self.entries if entry.type == "D")

    @property
    def credits(self) -> int:
        """Cents credited."""
        return sum(entry.cents for entry in self.entries if entry.type == "C")


class Journal:
    """Writes lines into one set of books; `undo` swaps the sides, so that a return mirrors what it returns."""

    __slots__ = ("_memo", "_open", "_operation", "_owner", "_undo", "entries")

    def __init__(self, owner: str) -> None:
        self.entries: list[Entry] = []
        self._owner = owner
        self._memo = ""
        self._operation = Operation.OUTROS
        self._undo = False
        self._open = 0

    def begin(self, operation: Operation, memo: str, *, undo: bool = False) -> None:
        """Start the lines of one operation of the note."""
        self._operation, self._memo, self._undo = operation, memo, undo

    def debit(self, account: Account, cents: int, *, principal: bool = False) -> None:
        """Debit an account (credit it where the operation is undone or the amount is negative)."""
        self._write(account, cents, cents if principal else 0)

    def credit(self, account: Account, cents: int, *, principal: bool = False) -> None:
        """Credit an account, with the same exceptions."""
        self._write(account, -cents, cents if principal else 0)

    def pair(self, debit: Account, credit: Account, cents: int) -> None:
        """One amount from one account to another."""
        if cents:
            self._write(debit, cents, 0)
            self._write(credit, -cents, 0)

    def close(self) -> None:
        """Put what does not balance on the suspense account."""
        open_amount, self._open = self._open, 0
        if open_amount:
            self._append(chart.SUSPENSE, -open_amount, 0)

    def _write(self, account: Account, signed: int, principal: int) -> None:
        if signed:
            signed = -signed if self._undo else signed
            self._open += signed
            self._append(account, signed, principal)

    def _append(self, account: Account, signed: int, principal: int) -> None:
        self.entries.append(
            Entry(
                account=account.code,
                name=account.name,
                type="D" if signed > 0 else "C",
                cents=abs(signed),
                memo=self._memo,
                operation=self._operation,
                owner=self._owner,
                principal=principal,
            )
        )

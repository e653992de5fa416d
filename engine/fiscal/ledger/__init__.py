"""Double entry of one note: what an accountant would write in each set of books it enters.

Debits equal credits by construction, per set of books: amounts come from the note's own totals (mixed notes: from the
items of each operation) and what does not close with vNF goes to a suspense account. Amounts are integer cents; lines
of zero are left out. A note that must not be booked yields no entries and the reason.

Decisions: an office without a registered company still gets entries to look at; such a note (role `third`) is booked as
its issuer would, `viewpoint` says so. Once companies are registered, a note between others is audited only. A note between two own companies enters both sets of books. Credits are the taxes
the note states, as far as purpose and regime allow; pCredSN of a Simples supplier is information only. IBS and CBS of
2026 are memo entries (LC 214/2025, art. 348: no payment). Cost of goods sold is not booked: no note tells it. CIAP is
debited whole on the long-term account; its 1/48 a month belongs to the closing.
"""

from __future__ import annotations

from engine.fiscal.ledger.booking import book
from engine.fiscal.ledger.entries import Booking, Entry

__all__ = ["Booking", "Entry", "book"]

"""The audit: what is wrong with a note, why, by which law, and with which numbers.

`audit` (or `steps`, for callers that must breathe) gives findings; `render`, `describe` and `legal` put them into words. Rules are data in the
modules of this package, listed by `registry`. Decisions that go beyond a rule's own row:

* A difference of money is judged by one policy: up to 0.01 silence, up to 0.50 ALERTA, above it ERRO.
* One wrong value, one finding: where two rules would report the same mistake the later one is silent (CFO-03 and CFO-04 behind CFO-02,
  CHV-02 and CHV-03 behind a key without the shape of one, NCM-01 behind NCM-02).
* The law is chosen by the note's own date. A table that was not loaded gives no verdict.
* A list (CSV, sheet) carries no freight, discount, place of delivery or protocol: what would need them is at most ALERTA there.
"""

from engine.fiscal.rules.duplicates import adds, is_evidence
from engine.fiscal.rules.engine import audit, in_order, steps
from engine.fiscal.rules.layout import unreadable
from engine.fiscal.rules.model import Rule, Surroundings, Text, Twin
from engine.fiscal.rules.registry import BY_CODE, RULES
from engine.fiscal.rules.rendering import describe, legal, render

__all__ = [
    "BY_CODE",
    "RULES",
    "Rule",
    "Surroundings",
    "Text",
    "Twin",
    "adds",
    "audit",
    "describe",
    "in_order",
    "is_evidence",
    "legal",
    "render",
    "steps",
    "unreadable",
]

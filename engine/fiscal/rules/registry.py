"""All rules, in the order in which findings are told: the file, the key, the parties, the items, the totals, the neighbours."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from engine.fiscal.rules import (
    cfop,
    duplicates,
    identities,
    keys,
    layout,
    lists,
    ncm,
    note_total,
    taxation,
    totals,
    values,
)
from engine.fiscal.rules.model import Rule

RULES: Final[tuple[Rule, ...]] = (
    *layout.RULES,
    *lists.RULES,
    *keys.RULES,
    *identities.RULES,
    *cfop.RULES,
    *ncm.RULES,
    *taxation.RULES,
    *values.RULES,
    *totals.RULES,
    *note_total.RULES,
    *duplicates.RULES,
)

BY_CODE: Final = MappingProxyType({rule.code: rule for rule in RULES})

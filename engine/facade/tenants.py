"""Which names a tenant may have: one line of text that a person can type again, and not the sign for all of them."""

from __future__ import annotations

from engine.errors import BadInput
from engine.facade.issues import Issue

#: Characters of a name.
LONGEST = 200
EVERYONE = "*"


def fault(tenant: str, field: str = "tenantId") -> Issue | None:
    """What keeps a name from being a tenant's, told of `field`."""
    if not tenant.strip():
        return Issue(field)
    if len(tenant) > LONGEST:
        return Issue(field, f"at most {LONGEST} characters", str(len(tenant)))
    if not tenant.isprintable():
        return Issue(field, "text without control characters", "other text")
    if tenant != tenant.strip():
        return Issue(field, "text without space around it", "space")
    if tenant == EVERYONE:
        return Issue(field, "a tenant", tenant)
    return None


def refuse(tenant: str) -> None:
    """Raise `BadInput`: what is stored belongs to one tenant; `*` is the operator's view of all."""
    if fault(tenant) is not None:
        raise BadInput(f"{tenant[:40]!r} is no tenant that something can belong to.")

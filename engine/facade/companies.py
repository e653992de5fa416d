"""Own companies: the viewpoint from which documents are read."""

from __future__ import annotations

from engine.facade.commands import CommandResult, PutCompany, RemoveCompany
from engine.facade.reading import Executing, Reading
from engine.facade.views import CompanyView
from store.records import companies


class OwnCompanies:
    """Queries and commands on own companies."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def everyone(self, tenant: str) -> tuple[CompanyView, ...]:
        """A tenant's own companies."""
        rows = await self._reading.read(lambda connection: companies.everyone(connection, tenant))
        return tuple(CompanyView(cnpj=row.cnpj, name=row.name, regime=row.regime, uf=row.uf, cnae=row.cnae) for row in rows)

    async def put(self, company: PutCompany) -> CommandResult:
        """Add or change one."""
        result: CommandResult = await self._executing.execute(company)
        return result

    async def remove(self, tenant: str, cnpj: str) -> CommandResult:
        """Remove one."""
        result: CommandResult = await self._executing.execute(RemoveCompany(tenant=tenant, cnpj=cnpj))
        return result

"""`nexus companies`: the own companies from whose viewpoint documents are read."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.facade.commands import PutCompany
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, OneTenant, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="Own companies: the viewpoint.", no_args_is_help=True)


@app.command("add")
def add(
    cnpj: str,
    name: Annotated[str | None, typer.Option(help="Name.")] = None,
    regime: Annotated[str | None, typer.Option(help="simples, mei, presumido or real.")] = None,
    uf: Annotated[str | None, typer.Option(help="State, two letters.")] = None,
    cnae: Annotated[str | None, typer.Option(help="Main CNAE subclass.")] = None,
    tenant: OneTenant = "default",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Add an own company, or change it."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.companies.put(
            PutCompany(tenant=tenant, cnpj=cnpj, name=name, regime=regime, uf=uf, cnae=cnae)
        )
        return session.result(outcome, "added")

    session.command(work)


@app.command("rm")
def remove(cnpj: str, tenant: OneTenant = "default", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Remove an own company."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.companies.remove(tenant, cnpj)
        return session.result(outcome, "removed")

    session.command(work)


@app.command("ls")
def listing(tenant: OneTenant = "default", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List own companies."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        found = await nexus.engine.companies.everyone(tenant)
        if as_json:
            for company in found:
                output.emit(company)
            return
        output.table(
            ["CNPJ", word("name", session.language), word("regime", session.language), "UF", "CNAE"],
            [(one.cnpj, one.name, one.regime, one.uf, one.cnae) for one in found],
        )

    session.query(work)

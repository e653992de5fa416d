"""What the screen of a document shows of documents that the real engine has processed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from fake_engine import NOW, SAO_PAULO
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.appliance import appliance
from nexus_tui.engine_port import EnginePort
from nexus_tui.rooms.document import DocumentScreen
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.pane import Pane

Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]

CANCELLATION = (
    '<procEventoNFe xmlns="http://www.portalfiscal.inf.br/nfe"><evento><infEvento>'
    "<chNFe>35180834128745000152550010000476051695511860</chNFe><tpEvento>110111</tpEvento><nSeqEvento>1</nSeqEvento>"
    "</infEvento></evento><retEvento><infEvento><cStat>135</cStat>"
    "<chNFe>35180834128745000152550010000476051695511860</chNFe></infEvento></retEvento></procEventoNFe>"
)


async def test_evidence_answer_and_every_cell_of_the_pipeline_are_on_the_screen(
    tmp_path: Path, data: Path, until: Until, inbox: Inbox
) -> None:
    event = tmp_path / "cancelamento.xml"
    event.write_text(CANCELLATION)
    async with AsyncExitStack() as stack:
        stack.callback(os.umask, os.umask(0o077))

        async def start() -> EnginePort:
            nexus = await stack.enter_async_context(appliance(tmp_path / "data"))
            job = await nexus.engine.jobs.open("default")
            async for _ in nexus.engine.jobs.add(job, "default", [data / "nfe" / "vnf_divergente.xml", event]):
                pass
            await nexus.engine.jobs.close(job)
            await nexus.ended.get()
            return nexus.engine

        app = NexusApp(start, clock=lambda: NOW, zone=SAO_PAULO, language="en")

        async def opened(name: str) -> str:
            found: Any = app.screen
            await until(
                lambda: isinstance(found, DocumentScreen) and found.row.name == name and found.detail is not None
            )
            await pilot.pause()
            return str(found.query_one("#tab", Pane).render())

        async with app.run_test(size=(120, 40)) as pilot:
            await inbox(pilot)
            await pilot.press("enter")
            await until(lambda: isinstance(app.screen, DocumentScreen))
            assert "110111   no. 1   cStat 135" in await opened("cancelamento.xml")
            await pilot.press("full_stop")
            sheet = await opened("vnf_divergente.xml")
            assert "found 357.28   expected 347.28   cStat 610" in sheet
            assert "/infNFe/total/ICMSTot/vNF" in sheet
            cells = [line.split()[0] for line in sheet[sheet.index("TIMELINE") :].splitlines()[1:]]
            assert list(dict.fromkeys(cells)) == [f"A{cell}" for cell in range(11)]

"""The golden reports: what the pipeline writes for ten documents under a fixed clock and fixed ids, kept in tests/data/golden to be read.

    python -m tests.golden_reports            names the reports that changed
    python -m tests.golden_reports --write    writes them; read the difference before it is committed
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from tests.engine.agents.conftest import CLEAN, EVERYTHING
from tests.engine.agents.memory import travel

GOLDEN = Path(__file__).resolve().parent / "data" / "golden"

#: File -> document.
REPORTS = {
    "bonificacao_sem_apontamentos": CLEAN,
    "vnf_divergente": "vnf_divergente.xml",
    "cnpj_alfanumerico": "derivado_cnpj_alfanumerico_chave_valida.xml",
    "ibs_cbs_sem_protocolo": "IbsCbs.xml",
    "nfce_homologacao": "nfce.xml",
    "venda_e_servico": "v4_ComLocalRetirada.xml",
    "cte_reconhecido": "cte_exemplo.xml",
    "carta_de_correcao": "35180803102452000172550010000476051695511860-01-cce.xml",
    "par_de_listas": "pair of lists",
    "xml_truncado": "truncated",
}

_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


async def golden(name: str) -> str:
    """The report as it is kept: keys sorted, amounts with their own digits."""
    report = (await travel(EVERYTHING[REPORTS[name]])).report
    return msgspec.json.format(_encode(report), indent=2).decode() + "\n"


def kept(name: str) -> str | None:
    """The report in tests/data/golden."""
    path = GOLDEN / f"{name}.json"
    return path.read_text(encoding="utf-8") if path.exists() else None


async def changed() -> dict[str, str]:
    """New texts of the reports that are not what is kept."""
    written = {name: await golden(name) for name in REPORTS}
    return {name: text for name, text in written.items() if text != kept(name)}


def main(arguments: list[str]) -> int:
    """Name the changed reports (1 if there are any), or write them."""
    found = asyncio.run(changed())
    for name, text in found.items():
        print(name)
        if arguments == ["--write"]:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            (GOLDEN / f"{name}.json").write_text(text, encoding="utf-8")
    return 1 if found and arguments != ["--write"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The secrets there are: only these names are ever looked for, so that no name can lead to another file or variable."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret: what it opens, and what it looks like as far as that is known."""

    name: str
    pt: str
    en: str
    shape: re.Pattern[str] = re.compile(r"\S{8,}")


_URL = re.compile(r"https?://[^\s@/]+@[^\s/]+/\S+")

ALL: tuple[Secret, ...] = (
    Secret(name="GEMINI_API_KEY", pt="IA que redige respostas; sem ela o assistente responde sozinho", en="AI that phrases answers; without it the assistant answers alone"),
    Secret(name="GITHUB_TOKEN", pt="registra falhas no repositório configurado", en="files failures in the configured repository"),
    Secret(name="SENTRY_DSN", pt="envia falhas ao Sentry", en="sends failures to Sentry", shape=_URL),
    Secret(name="LOGFLARE_API_KEY", pt="envia o log ao Logflare", en="sends the log to Logflare"),
    Secret(name="CLOUDFLARE_API_TOKEN", pt="sincroniza com a implantação", en="syncs with the deployment"),
    Secret(name="REPORT_BUCKET_ACCESS_KEY_ID", pt="identifica a chave do bucket de relatórios", en="names the key of the report bucket"),
    Secret(name="REPORT_BUCKET_SECRET_ACCESS_KEY", pt="abre o bucket de relatórios", en="opens the report bucket"),
)  # fmt: skip

NAMES: dict[str, Secret] = {one.name: one for one in ALL}

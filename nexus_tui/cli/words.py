"""Words of the command line's human output, in both languages; JSON output has none of them."""

from __future__ import annotations

import os
from typing import Literal

VARIABLE = "NEXUS_LANG"
Language = Literal["pt", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "file": ("arquivo", "file"),
    "document": ("documento", "document"),
    "name": ("nome", "name"),
    "family": ("família", "family"),
    "number": ("número", "number"),
    "state": ("estado", "state"),
    "status": ("situação", "status"),
    "errors": ("erros", "errors"),
    "alerts": ("alertas", "alerts"),
    "total": ("total", "total"),
    "debits": ("débitos", "debits"),
    "credits": ("créditos", "credits"),
    "documents": ("documentos", "documents"),
    "findings": ("apontamentos", "findings"),
    "balanced": ("débitos = créditos", "debits = credits"),
    "unbalanced": ("DÉBITOS ≠ CRÉDITOS", "DEBITS ≠ CREDITS"),
    "taken_in": ("recebidos", "taken in"),
    "queue": ("fila", "queue"),
    "ready": ("prontas", "ready"),
    "leased": ("em trabalho", "leased"),
    "delayed": ("adiadas", "delayed"),
    "dead": ("mortas", "dead"),
    "oldest": ("mais antiga", "oldest"),
    "paused": ("pausada", "paused"),
    "yes": ("sim", "yes"),
    "no": ("não", "no"),
    "concurrency": ("simultâneas", "concurrency"),
    "error": ("erro", "error"),
    "attempts": ("tentativas", "attempts"),
    "key": ("chave", "key"),
    "size": ("bytes", "bytes"),
    "expires": ("expira", "expires"),
    "expires_in": ("{} (em {})", "{} (in {})"),
    "never": ("nunca", "never"),
    "owner": ("dono", "owner"),
    "fence": ("cerca", "fence"),
    "alive": ("vivo", "alive"),
    "regime": ("regime", "regime"),
    "engine": ("motor", "engine"),
    "counters": ("contadores", "counters"),
    "job": ("lote de trabalho", "job"),
    "tenant": ("cliente", "tenant"),
    "created_at": ("criado", "created"),
    "updated_at": ("alterado", "updated"),
    "skipped": ("pulados", "skipped"),
    "finished": ("terminados", "finished"),
    "failed": ("falhos", "failed"),
    "severity": ("gravidade", "severity"),
    "code": ("código", "code"),
    "item": ("item", "item"),
    "message": ("mensagem", "message"),
    "agent": ("agente", "agent"),
    "took": ("duração", "took"),
    "waited": ("espera", "waited"),
    "trace": ("rastro", "trace"),
    "deliveries": ("entregas", "deliveries"),
    "run": ("rodada", "run"),
    "fingerprint": ("impressão", "fingerprint"),
    "time": ("hora", "time"),
    "requeued": ("devolvidos à fila", "requeued"),
    "dropped": ("descartadas (30 dias na lixeira)", "dropped (kept 30 days)"),
    "restored": ("restauradas", "restored"),
    "changed": ("alterada", "changed"),
    "purged": ("retiradas da fila", "purged"),
    "reprocessing": ("em reprocessamento", "reprocessing"),
    "cancelled": ("cancelados", "cancelled"),
    "sent": ("evento enviado", "event sent"),
    "swept": ("chaves expiradas removidas", "expired keys removed"),
    "released": ("travas liberadas", "locks released"),
    "written": ("gravada", "written"),
    "deleted": ("apagadas", "deleted"),
    "added": ("adicionada", "added"),
    "removed": ("removida", "removed"),
    "no_company": (
        "Nenhuma empresa própria cadastrada: as notas são vistas pelo emitente. Cadastre com `nexus companies add CNPJ`.",
        "No own company registered: notes are seen as their issuer does. Add one with `nexus companies add CNPJ`.",
    ),
    "serving": ("motor em execução; Ctrl-C encerra", "engine running; Ctrl-C stops it"),
    "running": ("em execução", "running"),
    "stopped": ("parado", "stopped"),
    "absent": ("sem dados ainda", "no data yet"),
    "check": ("verificação", "check"),
    "observed": ("valor", "observed"),
    "pass": ("ok", "pass"),
    "warn": ("atenção", "warn"),
    "check_disk": ("MB livres no disco", "MB free on the disk"),
    "check_dead_letters": ("mensagens mortas", "dead letters"),
    "check_locks": ("travas sem trabalho", "locks nobody works under"),
    "check_paused": ("filas pausadas", "queues paused"),
    "check_scheduler": ("rotinas que falharam", "timers that failed"),
    "resume_them": (
        "Os documentos esperam nelas até `nexus queues resume`.",
        "Documents wait there until `nexus queues resume`.",
    ),
    "would_reprocess": ("seriam reprocessados", "would be reprocessed"),
    "no_document": ("documento não encontrado", "no such document"),
    "no_report": ("ainda sem relatório", "no report yet"),
    "no_dead_letter": ("mensagem morta não encontrada", "no such dead letter"),
    "no_queue": ("fila não encontrada", "no such queue"),
    "no_job": ("lote não encontrado", "no such job"),
    "no_key": ("chave não encontrada", "no such key"),
    "draining": ("encerrando: o que está em trabalho termina", "stopping: what is at work is finished first"),
    "interrupted": (
        "interrompido: o que foi recebido está salvo e segue com o próximo motor, `nexus run` ou o mesmo comando",
        "interrupted: what was taken in is safe and goes on with the next engine, `nexus run` or the same command",
    ),
    "created": ("diretório de dados pronto", "data directory ready"),
    "try_help": ("Veja '{}'.", "Try '{}' for help."),
    "wrong_call": ("Erro", "Error"),
    "compare_schema": ("Compare-o com docs/schema.", "Compare it with docs/schema."),
    "nothing": ("Nada encontrado.", "Nothing found."),
    "again": ("De novo Ctrl-C sai na hora; nada se perde.", "Ctrl-C again exits at once; nothing is lost."),
}


def language(given: str | None = None) -> Language:
    """`--lang`, else NEXUS_LANG, else the locale: Portuguese where it begins with pt, English otherwise."""
    for value in (
        given,
        os.environ.get(VARIABLE),
        os.environ.get("LC_ALL"),
        os.environ.get("LC_MESSAGES"),
        os.environ.get("LANG"),
    ):
        if value:
            return "pt" if value.lower().startswith("pt") else "en"
    return "en"


def word(name: str, spoken: Language) -> str:
    """A word in the reader's language."""
    return WORDS[name][0 if spoken == "pt" else 1]

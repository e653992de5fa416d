"""A ajuda da linha de comando em português, pela frase inglesa que está no comando. Um teste confere que nenhuma falta e nenhuma sobra."""

from __future__ import annotations

#: What commands, groups, arguments and options do.
HELP: dict[str, str] = {
    "A local-first appliance for Brazilian fiscal documents.": "Documentos fiscais brasileiros, lidos e auditados neste computador.",
    "Show this message and exit.": "Mostra esta ajuda.",
    "Print the version.": "Mostra a versão.",
    # Options of every command.
    "Data directory (NEXUS_DATA_DIR).": "Diretório de dados (NEXUS_DATA_DIR).",
    "pt or en (NEXUS_LANG).": "pt ou en (NEXUS_LANG).",
    "One JSON object a line on stdout, nothing else there.": "Um objeto JSON por linha na saída, e nada mais nela.",
    "Tenant.": "Cliente.",
    "Tenant; * for all.": "Cliente; * são todos.",
    "At most this many rows.": "No máximo este número de linhas.",
    # At the root.
    "Create the data directory; doing it again changes nothing.": "Cria o diretório de dados; repetir não muda nada.",
    "Run the engine without a screen until it is told to stop.": "Roda o motor sem tela até que o mandem parar.",
    "One screen of truth.": "O estado de tudo numa tela.",
    "Take in files, folders and archives; run to the end; print one row a document and totals.": (
        "Recebe arquivos, pastas e compactados; processa até o fim; mostra uma linha por documento e os totais."
    ),
    "Files, folders, archives.": "Arquivos, pastas, compactados.",
    "CNPJ of an own company; may be repeated.": "CNPJ de uma empresa própria; pode repetir.",
    "Also write the reports into this folder.": "Grava também os relatórios nesta pasta.",
    "With --out: json (a report a document), csv (one table).": "Com --out: json (um relatório por documento), csv (uma tabela).",
    "Take in files only; each is told as it is acknowledged, and processed by `nexus run` or the TUI.": (
        "Só recebe os arquivos; cada um é dito quando confirmado, e processado por `nexus run` ou pela tela."
    ),
    "Process the bundled real documents in a throwaway data directory; on a terminal, open the TUI on them.": (
        "Processa os documentos reais que vêm junto num diretório descartável; num terminal, abre a tela com eles."
    ),
    "Send an event by hand; it is validated against the contract.": "Envia um evento à mão; ele é conferido com o contrato.",
    "JSON of the whole event, or of its payload with headers.": "JSON do evento inteiro, ou do conteúdo com os cabeçalhos.",
    "Find documents by what they say; with qualifiers (state: cfop: …) by what they are.": (
        "Acha documentos pelo que dizem; com filtros (state: cfop: …), pelo que são."
    ),
    "Run documents again from the planner, under a new trace.": "Processa documentos de novo desde o planejador, com um novo rastro.",
    "Document ids.": "Ids de documentos.",
    "All documents of a job.": "Todos os documentos de um lote.",
    "All documents that match.": "Todos os documentos que o filtro acha.",
    "Only say how many.": "Só diz quantos são.",
    # docs
    "Documents.": "Documentos.",
    "List documents, newest first.": "Lista os documentos, do mais novo ao mais antigo.",
    "state: status: family: issuer: cfop: period: since: finding: or words.": "state: status: family: issuer: cfop: period: since: finding: ou palavras.",
    "Show a document with its findings and timeline.": "Mostra um documento com os achados e a linha do tempo.",
    "Print the AuditReport (JSON in any case).": "Mostra o AuditReport (sempre em JSON).",
    "Write it here instead.": "Grava-o aqui em vez de mostrar.",
    "Print a document's rows under the wire's keys, one JSON object each.": "Mostra as linhas de um documento com as chaves do contrato, um objeto JSON cada.",
    "Print a document's findings with formula, law and SEFAZ code.": "Mostra os achados de um documento com fórmula, lei e código da SEFAZ.",
    "Stop working on documents.": "Para o trabalho em documentos.",
    # jobs
    "Jobs.": "Lotes de trabalho.",
    "List jobs, newest first.": "Lista os lotes, do mais novo ao mais antigo.",
    "Show a job as `job:{traceId}` holds it.": "Mostra um lote como `job:{traceId}` o guarda.",
    # queues
    "Queues.": "Filas.",
    "List queues in the order of the pipeline.": "Lista as filas na ordem do processamento.",
    "Show one queue with its settings.": "Mostra uma fila com os ajustes.",
    "Change settings while the queue runs; what is in flight goes on under the old ones.": (
        "Muda ajustes com a fila em andamento; o que está em trabalho segue com os antigos."
    ),
    "NAME=VALUE: concurrency, batch, lease_ms, backoff_ms, backoff_max_ms, retention_ms.": (
        "NOME=VALOR: concurrency, batch, lease_ms, backoff_ms, backoff_max_ms, retention_ms."
    ),
    "Claim nothing more from a queue.": "Não tira mais nada de uma fila.",
    "Claim from a queue again.": "Volta a tirar de uma fila.",
    "Move everything that waits to the bin and cancel its documents; --confirm takes the queue's name.": (
        "Põe na lixeira tudo o que espera e cancela os documentos; --confirm leva o nome da fila."
    ),
    "The queue's name again.": "O nome da fila outra vez.",
    # dlq
    "Dead letters.": "Mensagens mortas.",
    "List dead letters, newest first.": "Lista as mensagens mortas, da mais nova à mais antiga.",
    "Only of this queue.": "Só desta fila.",
    "What was dropped, purged or cancelled in the last 30 days.": "O que foi descartado, esvaziado ou cancelado nos últimos 30 dias.",
    "Show a dead letter with its history and its event.": "Mostra uma mensagem morta com o histórico e o evento.",
    "Id as `dlq ls` shows it.": "Id que `dlq ls` mostra.",
    "Send dead letters back to the stage that failed.": "Devolve mensagens mortas à etapa que falhou.",
    "Ids as `dlq ls` shows them.": "Ids que `dlq ls` mostra.",
    "All of them (of --queue).": "Todas (de --queue).",
    "A0 starts again at the planner.": "A0 recomeça no planejador.",
    "Move dead letters to the bin, where they stay 30 days.": "Põe mensagens mortas na lixeira, onde ficam 30 dias.",
    "Take dead letters back from the bin.": "Tira mensagens mortas da lixeira.",
    "Ids as `dlq ls --bin` shows them.": "Ids que `dlq ls --bin` mostra.",
    # kv, sweep
    "KV keys.": "Chaves do KV.",
    "List live keys in byte order.": "Lista as chaves vivas na ordem dos bytes.",
    "Only keys that begin so.": "Só chaves que começam assim.",
    "KV_STATE, KV_LOCKS or local.": "KV_STATE, KV_LOCKS ou local.",
    "Print a value.": "Mostra um valor.",
    "Write a key.": "Grava uma chave.",
    "The value; @FILE reads a file.": "O valor; @ARQUIVO lê um arquivo.",
    "Seconds to live.": "Segundos de vida.",
    "JSON, up to 1024 bytes.": "JSON, até 1024 bytes.",
    "Delete keys.": "Apaga chaves.",
    "Change when a key expires.": "Muda quando uma chave expira.",
    "Seconds to live from now; 0 is for ever.": "Segundos de vida a partir de agora; 0 é para sempre.",
    "Sweeping expired keys.": "Remoção de chaves expiradas.",
    "Remove what has expired.": "Remove o que expirou.",
    # locks
    "Document locks.": "Travas de documentos.",
    "List held locks.": "Lista as travas ocupadas.",
    "Release a lock; a live one only if its name is typed again with --confirm.": (
        "Solta uma trava; uma viva, só com o nome repetido em --confirm."
    ),
    "The lock's name again: releases it although its trace is at work.": "O nome da trava outra vez: solta-a mesmo com o rastro em trabalho.",
    # companies
    "Own companies: the viewpoint.": "Empresas próprias: o ponto de vista.",
    "Add an own company, or change it.": "Adiciona uma empresa própria, ou a altera.",
    "Name.": "Nome.",
    "simples, mei, presumido or real.": "simples, mei, presumido ou real.",
    "State, two letters.": "UF, duas letras.",
    "Main CNAE subclass.": "Subclasse principal da CNAE.",
    "Remove an own company.": "Remove uma empresa própria.",
    "List own companies.": "Lista as empresas próprias.",
}
#: Arguments, as usage lines and errors name them.
ARGUMENTS: dict[str, str] = {
    "cnpj": "cnpj",
    "doc": "doc",
    "docs": "docs",
    "event": "evento",
    "filter": "filtro",
    "job": "lote",
    "key": "chave",
    "keys": "chaves",
    "message": "mensagem",
    "messages": "mensagens",
    "name": "nome",
    "paths": "caminhos",
    "prefix": "prefixo",
    "query": "busca",
    "queue": "fila",
    "seconds": "segundos",
    "settings": "ajustes",
    "value": "valor",
}
#: Kinds of values, as `<int>` shows them.
KINDS: dict[str, str] = {
    "int": "inteiro",
    "int range": "inteiro",
    "str": "texto",
    "path": "caminho",
    "file": "arquivo",
    "list[int]": "inteiros",
    "list[str]": "textos",
    "list[Path]": "caminhos",
}
#: Headings and what stands in brackets.
PARTS: dict[str, str] = {
    "Usage: ": "Uso: ",
    "Arguments": "Argumentos",
    "Options": "Opções",
    "Commands": "Comandos",
    "[OPTIONS]": "[OPÇÕES]",
    "COMMAND [ARGS]...": "COMANDO [ARGUMENTOS]...",
    "default": "padrão",
    "env var": "variável",
    "required": "obrigatório",
}

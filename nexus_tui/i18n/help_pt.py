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
    "Print a dead letter as the text of an issue, without anything of the document.": "Mostra uma mensagem morta como texto de uma issue, sem nada do documento.",
    "File it in github.repository; a fault that is filed is not filed again.": "Registra em github.repository; uma falha registrada não é registrada de novo.",
    "Traces.": "Rastros.",
    "Only the hops of this document.": "Só as etapas deste documento.",
    "Search the log: what happened, newest last; taxpayers' numbers are masked.": "Procura no registro: o que aconteceu, o mais novo por último; CNPJ e CPF são mascarados.",
    "Words that stand in the record, together.": "Palavras que estão na linha, juntas.",
    "Only records of this trace.": "Só linhas deste rastro.",
    "Only records of this document.": "Só linhas deste documento.",
    "Only records of this agent: A0 to A10.": "Só linhas deste agente: A0 a A10.",
    "The least level: info, warning or error.": "O menor nível: info, warning ou error.",
    "At most this many, the newest.": "No máximo tantas, as mais novas.",
    "Show what was measured, minute by minute.": "Mostra o que foi medido, minuto a minuto.",
    "A measure; without it: list them.": "Uma medida; sem ela: lista as que há.",
    "Show the hops of a trace: when each began, how long it waited and worked.": "Mostra as etapas de um rastro: quando cada uma começou, quanto esperou e quanto trabalhou.",
    "Run the engine without a screen and serve the HTTP API on loopback.": "Roda o motor sem tela e serve a API HTTP em loopback.",
    "Port on 127.0.0.1; 0 takes a free one.": "Porta em 127.0.0.1; 0 usa uma livre.",
    "Run the engine without a screen until it is told to stop.": "Roda o motor sem tela até que o mandem parar.",
    "Write the systemd unit of `nexus run`, and say what to type next.": "Grava a unidade systemd de `nexus run` e diz o que digitar depois.",
    "A service of this user instead of the machine's.": "Um serviço deste usuário em vez do da máquina.",
    "Only print the unit.": "Só mostra a unidade.",
    "Write into the image of another machine that lies here.": "Grava na imagem de outra máquina que está aqui.",
    "The program it runs; this one by default.": "O programa que ele roda; por padrão, este.",
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
    "Run documents again from the planner, under a new trace: those named, and those that all options together select.": (
        "Processa documentos de novo desde o planejador, com um novo rastro: os indicados e os que todas as opções juntas escolhem."
    ),
    "Documents issued on this day or later.": "Documentos emitidos neste dia ou depois.",
    "Documents of a kind: NFE_XML, CSV, XLSX, PDF, IMAGE.": "Documentos de um tipo: NFE_XML, CSV, XLSX, PDF, IMAGE.",
    "Documents with a result: OK, ALERTA, ERRO.": "Documentos com um resultado: OK, ALERTA, ERRO.",
    "Document ids.": "Ids de documentos.",
    "Documents of a job.": "Documentos de um lote.",
    "Documents that match.": "Documentos que o filtro acha.",
    "Only say how many.": "Só diz quantos são.",
    "All keys that begin so.": "Todas as chaves que começam assim.",
    # blobs
    "Files of documents.": "Arquivos de documentos.",
    "Read every file and compare it with its hash; the documents of those that are bad are named.": (
        "Lê todos os arquivos e os confere com o hash; diz os documentos dos que estão ruins."
    ),
    "Move files that nothing names to the trash, where they stay an hour; done by itself all the time.": (
        "Leva à lixeira, por uma hora, os arquivos que nada nomeia; acontece sozinho o tempo todo."
    ),
    # erase
    "Erase every document that a person or company issued or received, and all that hangs on it; there is no undo.": (
        "Apaga todo documento que uma pessoa ou empresa emitiu ou recebeu, e tudo o que depende dele; não há volta."
    ),
    "CNPJ or CPF, with or without punctuation.": "CNPJ ou CPF, com ou sem pontuação.",
    # backup, restore
    "Save documents and database to one verified file, whether an engine runs or not.": (
        "Salva documentos e banco num só arquivo conferido, com o motor rodando ou não."
    ),
    "A file, or a folder that gets one; by default backups/ in the data directory.": (
        "Um arquivo, ou uma pasta que recebe um; por padrão, backups/ no diretório de dados."
    ),
    "Bring a backup back into an empty data directory; it is checked whole before anything is touched.": (
        "Traz uma cópia de volta a um diretório de dados vazio; ela é conferida inteira antes de qualquer mudança."
    ),
    "A backup, or a folder whose newest it is; by default backups/ in the data directory.": (
        "Uma cópia, ou uma pasta da qual vale a mais nova; por padrão, backups/ no diretório de dados."
    ),
    "Move data that is there into quarantine/ first.": "Antes leva para quarantine/ os dados que lá estão.",
    "Start empty where the database was moved aside as damaged.": "Começa vazio onde o banco danificado foi posto de lado.",
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
    # assistant
    "Questions about documents.": "Perguntas sobre documentos.",
    "Answer a question from a document's report, with citations; no language model is asked.": (
        "Responde a uma pergunta pelo relatório de um documento, com citações; nenhum modelo de linguagem é consultado."
    ),
    "A document's id, then the question; with --all only the question.": "O id de um documento e a pergunta; com --all só a pergunta.",
    "Ask every document that has a report.": "Pergunta a todos os documentos que têm relatório.",
    "summary, ledger, tax or full: what may be read for the answer.": "summary, ledger, tax ou full: o que se pode ler para responder.",
    "Forget what the assistant prepared of documents and prepare it again; only A9 and A10 run.": (
        "Esquece o que o assistente preparou de documentos e prepara de novo; só rodam A9 e A10."
    ),
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
    "Take the last drop, purge, pause, queue setting or lifetime back, within 10 seconds.": "Desfaz o último descarte, esvaziamento, pausa, ajuste de fila ou prazo, em até 10 segundos.",
    "What was decided, by whom, the newest first.": "O que foi decidido, por quem, do mais novo ao mais antigo.",
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
    # backfill
    "Take a folder in at low priority; what an earlier call took in is passed over. Or pause, resume, list.": (
        "Recebe uma pasta com prioridade baixa; o que uma chamada anterior recebeu não se repete. Ou pausa, retoma, lista."
    ),
    "The folder; without one: list backfills.": "A pasta; sem ela: lista as cargas.",
    "At most this many files a minute.": "No máximo tantos arquivos por minuto.",
    "Pause the backfill under way (of the folder, or all).": "Pausa a carga em andamento (da pasta, ou todas).",
    "Let it go on.": "Deixa-a continuar.",
    # watch
    "Watched folders.": "Pastas vigiadas.",
    "The folder.": "A pasta.",
    "Watch a folder: files in it and below it are taken in once they are written to their end. Or change how.": (
        "Vigia uma pasta: os arquivos nela e abaixo dela entram quando estiverem completos. Ou muda como."
    ),
    "Pass over names like this, as *.bak; may be repeated.": "Passa por cima de nomes assim, como *.bak; pode repetir.",
    "Leave files where they are (the default).": "Deixa os arquivos onde estão (o padrão).",
    "Move files here once they are taken in.": "Leva os arquivos para cá depois de recebidos.",
    "List watched folders and what is in their way.": "Lista as pastas vigiadas e o que as impede.",
    "List the files of a watched folder that were not taken in, or not moved, and why.": (
        "Lista os arquivos de uma pasta vigiada que não foram recebidos, ou não foram levados, e por quê."
    ),
    "Watch a folder no more; its files and documents stay.": "Deixa de vigiar uma pasta; os arquivos e documentos ficam.",
    "Take nothing more from a watched folder.": "Não recebe mais nada de uma pasta vigiada.",
    "Take files from a watched folder again.": "Volta a receber de uma pasta vigiada.",
    "Configuration file (NEXUS_CONFIG); any command takes it.": "Arquivo de configuração (NEXUS_CONFIG); qualquer comando o aceita.",
    # config
    "Configuration.": "Configuração.",
    "List settings with their values and where those come from; of secrets only the source.": (
        "Lista os ajustes com valor e origem; dos segredos, só a origem."
    ),
    "Settings, or the beginnings of their names; all without.": "Ajustes, ou inícios dos nomes; sem isso, todos.",
    "Change a setting without touching the file; it counts over the file, and under variables and options.": (
        "Muda um ajuste sem tocar no arquivo; vale sobre o arquivo, e abaixo de variáveis e opções."
    ),
    "A setting, as `config show` lists it.": "Um ajuste, como `config show` o mostra.",
    "The value.": "O valor.",
    "Take the change back.": "Desfaz a mudança.",
    "Check the configuration file and the variables without starting anything.": (
        "Confere o arquivo de configuração e as variáveis sem iniciar nada."
    ),
    "Another file than the one that is read.": "Outro arquivo que não o lido.",
    "Say which configuration file is read, and where it is looked for.": (
        "Diz qual arquivo de configuração é lido, e onde ele é procurado."
    ),
    # secrets
    "Secrets.": "Segredos.",
    "Keep a secret in the keyring or the encrypted file; its value is asked for, or read from stdin.": (
        "Guarda um segredo no chaveiro ou no arquivo cifrado; o valor é perguntado, ou lido da entrada."
    ),
    "Name as `secrets ls` lists it.": "Nome que `secrets ls` mostra.",
    "keyring or file; without it the keyring, and the file where there is none.": (
        "keyring ou file; sem isso o chaveiro, e o arquivo onde não há um."
    ),
    "List secrets with where each comes from; values are never shown.": (
        "Lista os segredos com a origem de cada um; os valores nunca aparecem."
    ),
    "Find a secret as the engine would, and say where it is and whether it looks like one.": (
        "Procura um segredo como o motor faria, e diz onde está e se tem a forma de um."
    ),
    "Remove a secret from the keyring and the encrypted file.": "Remove um segredo do chaveiro e do arquivo cifrado.",
    # doctor
    "Check the appliance and say what to do about what is not well.": "Confere tudo e diz o que fazer com o que não vai bem.",
    "Also write a ZIP for whoever helps: no secret and no document in it.": (
        "Grava também um ZIP para quem ajuda: sem segredo e sem documento."
    ),
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
    "directory": "pasta",
    "doc": "doc",
    "docs": "docs",
    "event": "evento",
    "text": "texto",
    "file": "arquivo",
    "filter": "filtro",
    "job": "lote",
    "key": "chave",
    "keys": "chaves",
    "message": "mensagem",
    "messages": "mensagens",
    "name": "nome",
    "paths": "caminhos",
    "source": "origem",
    "target": "destino",
    "trace": "rastro",
    "prefix": "prefixo",
    "query": "busca",
    "queue": "fila",
    "seconds": "segundos",
    "settings": "ajustes",
    "value": "valor",
    "words": "palavras",
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

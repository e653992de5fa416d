"""O que o doctor manda fazer, em português: as frases de engine/facade/doctor.py."""

from __future__ import annotations

HINTS: dict[str, str] = {
    "Install Python 3.11 or newer.": "Instale o Python 3.11 ou mais novo.",
    "This SQLite can lose pages if a second program checkpoints: do not run Litestream with it; `pip install pysqlite3` where it has wheels.": (
        "Este SQLite pode perder páginas se outro programa fizer checkpoint: não use o Litestream com ele; "
        "`pip install pysqlite3` onde houver pacote."
    ),
    "`nexus init` creates it.": "`nexus init` o cria.",
    "Check the path and its permissions.": "Confira o caminho e as permissões.",
    "It is no folder: choose another --data-dir.": "Não é uma pasta: escolha outro --data-dir.",
    "It cannot be written: check its owner and that its disk is mounted read-write.": (
        "Não aceita escrita: confira o dono e se o disco está montado para escrita."
    ),
    "It belongs to another user: run Nexus as that one.": "É de outro usuário: rode o Nexus como ele.",
    "Others may look into it: chmod 700 it.": "Outros podem olhar dentro: use chmod 700.",
    "Check that its disk is mounted.": "Confira se o disco está montado.",
    "Free some space; intake resumes by itself.": "Libere espaço; a entrada volta sozinha.",
    "Nothing was taken in yet: `nexus init`, `nexus add`.": "Nada foi recebido ainda: `nexus init`, `nexus add`.",
    "Keep the files, stop the engine, and restore a backup.": "Guarde os arquivos, pare o motor e restaure uma cópia.",
    "Their rows are there and their bytes are not: restore a backup, or `nexus add` the files again.": (
        "As linhas estão lá e os bytes não: restaure uma cópia, ou receba os arquivos de novo com `nexus add`."
    ),
    "The next engine brings it up to date and keeps a backup.": "O próximo motor o atualiza e guarda uma cópia.",
    "It ended without a word; the next start recovers what it left.": "Terminou sem aviso; a próxima partida recupera o que ficou.",
    "See the check of the database.": "Veja a verificação do banco.",
    "`nexus dlq ls` shows why; `nexus dlq requeue` once the cause is gone.": (
        "`nexus dlq ls` mostra a causa; `nexus dlq requeue` quando ela acabar."
    ),
    "They expire within a minute; `nexus locks ls`, `nexus locks release`.": (
        "Expiram em um minuto; `nexus locks ls`, `nexus locks release`."
    ),
    "Documents wait there until `nexus queues resume`.": "Os documentos esperam nelas até `nexus queues resume`.",
    "A timer was late or failed in the last 7 days: look at the load and the disk of this machine.": (
        "Uma rotina atrasou ou falhou nos últimos 7 dias: veja a carga e o disco desta máquina."
    ),
    "`nexus config validate` lists all that is wrong.": "`nexus config validate` lista tudo o que está errado.",
    "Other machines reach it: let only a proxy of yours do so.": "Outras máquinas o alcançam: deixe só um proxy seu fazê-lo.",
    "This origin calls the three /api routes without a token; clear http.web_ui_origin when it is no longer used.": (
        "Esta origem chama as três rotas /api sem senha; limpe http.web_ui_origin quando não for mais usada."
    ),
}

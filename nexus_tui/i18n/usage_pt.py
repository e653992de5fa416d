"""O que o Typer e a linha de comando dizem de uma chamada errada, em português, com os mesmos lugares para os valores."""

from __future__ import annotations

#: English sentence -> Portuguese. A value that is itself one of these sentences, or of `VALUES`, is said in Portuguese too.
SENTENCES: dict[str, str] = {
    "No such option: {}": "Opção desconhecida: {}",
    "No such option: {} (Possible options: {})": "Opção desconhecida: {} (opções parecidas: {})",
    "No such command {}.": "Comando desconhecido: {}.",
    "No such command {}. Did you mean {}?": "Comando desconhecido: {}. Seria {}?",
    "Missing command.": "Falta o comando.",
    "Missing argument {}.": "Falta o argumento {}.",
    "Missing option {}.": "Falta a opção {}.",
    "Got unexpected extra argument(s) ({})": "Argumentos a mais: {}",
    "Option {} requires an argument.": "A opção {} precisa de um valor.",
    "Option {} does not take a value.": "A opção {} não leva valor.",
    "Invalid value: {}": "Valor inválido: {}",
    "Invalid value for {}: {}": "Valor inválido para {}: {}",
}
#: What is wrong with a value.
VALUES: dict[str, str] = {
    "Input should be greater than or equal to {}": "deve ser no mínimo {}",
    "Input should be less than or equal to {}": "deve ser no máximo {}",
    "Input should be a valid integer, unable to parse string as an integer": "deve ser um número inteiro",
    "Unable to parse input string as an integer, exceeded maximum size": "o número tem dígitos demais",
    "File {} is not readable.": "O arquivo {} não pode ser lido.",
    "Path {} is not readable.": "O caminho {} não pode ser lido.",
    # The commands' own.
    "--from takes A0; without it the failed stage is run again": "--from aceita A0; sem ele, roda de novo a etapa que falhou",
    "name ids, or --all": "indique os ids, ou --all",
    "name a document and a question, or --all and a question": "indique um documento e uma pergunta, ou --all e uma pergunta",
    "{} is no scope; there are {}": "{} não é escopo; há {}",
    "name documents, --job or --filter": "indique documentos, --job ou --filter",
    "give a value, or --unset": "informe um valor, ou --unset",
    "a value is no argument, others would see it in the list of processes: pipe it in": (
        "o valor não é argumento, outros o veriam na lista de processos: envie-o pela entrada"
    ),
    "type --confirm {} to purge it": "digite --confirm {} para esvaziá-la",
    "{}: NAME=NUMBER": "{}: NOME=NÚMERO",
    "{}: formats are {}": "{}: os formatos são {}",
    "{} holds no {}": "{} não contém {}",
    "{}: is not JSON (line {}, column {})": "{}: não é JSON (linha {}, coluna {})",
    "{}: is not UTF-8 text": "{}: não é texto em UTF-8",
    "{}: is nested too deep": "{}: tem níveis demais",
    "{}: is larger than {} bytes": "{}: tem mais de {} bytes",
    "{}: gives a key twice": "{}: traz uma chave duas vezes",
    "{}: holds a number beyond any amount": "{}: tem um número além de qualquer valor",
}
#: What the operating system says of a path, by the name of its error.
SYSTEM: dict[str, str] = {
    "EACCES": "sem permissão",
    "EEXIST": "já existe e não é uma pasta",
    "EFBIG": "grande demais",
    "EISDIR": "é uma pasta",
    "ELOOP": "atalhos em círculo",
    "ENAMETOOLONG": "nome longo demais",
    "ENOENT": "não existe",
    "ENOSPC": "não há espaço no disco",
    "ENOTDIR": "uma parte do caminho não é pasta",
    "EPERM": "não permitido",
    "EROFS": "o disco não aceita escrita",
}

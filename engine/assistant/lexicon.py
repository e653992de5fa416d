"""What words can mean. Data only: kinds of spans and the phrases, in Portuguese and English, that may stand for each, folded (no accents, no case).

A phrase may belong to several kinds; the grammar decides. `KNOWN` are words no plan uses yet: they are here so that no typing error is found in them, and
a question with one of them is not answered. To widen the grammar, move a word from there to a kind of its own and write a rule that consumes it.
"""

from __future__ import annotations

from typing import Final

from engine.assistant.tokens import fold
from engine.fiscal.chart import CHART

#: Says nothing by itself, wherever it stands.
FILLER: Final = "filler"
#: The document itself, which every plan reads.
NOTE: Final = "NOTE"

#: Function words by language; they also tell which language a question is in.
PORTUGUESE: Final = frozenset(
    "o os do da dos das em nas nos ao aos que qual quais e foi esta este desta deste dessa desse nesta neste nessa nesse pelo pela seu sua "
    "quanto quantos quantas quem quando onde nota itens erros erro alertas apontamentos lancamentos debitos creditos emitente destinatario impostos tributos com por para nao sem valor mostre liste diga quero saber favor tem ha existe existem".split()
)
ENGLISH: Final = frozenset(
    "the of in is are was were what which how who when where much many does did has have there this that it its please show tell give list "
    "items errors error alerts findings entries debits credits issuer recipient taxes invoice with by not without me i want know can you could value for to an".split()
)

_FILLERS: Final = """
o | os | a | as | de | do | da | dos | das | em | na | nas | nos | ao | aos | qual | quais | qual e | quais sao | o que ha | foi | foram | sao | esta | estao | este |
essa | esse | isto | isso | ser | que | tem | ha | houve | existe | existem | possui | me | diga | dizer | mostre | mostra | mostrar | liste | listar | lista | informe | quero | queria |
saber | gostaria | por favor | favor | pf | pode | poderia | voce | aqui | seu | sua | pelo | pela|
the | of | in | is | are | was | were | what | which | what is | what are | whats | its | it | this | that | does | do | did | has | have | there | there is | there are |
show | tell | give | list | please | i | want | to know | know | can you | can | could you | could | you | on | for | an
"""

_KINDS: Final[dict[str, str]] = {
    "HOWMUCH": "quanto | quanto e | quanto foi | quanto deu | quanto da | how much | how much is | how much was",
    "HOWMANY": "quantos | quantas | quantos sao | quantas sao | quantidade de | numero de | how many | number of | count of",
    "WHO": "quem | quem e | quem foi | who | who is | who was | whos",
    "WHEN": "quando | quando e | when | em que data | em que dia | on which date | on what date",
    "WHERE": "onde | onde e | where | para onde | where to",
    "WHY": "por que | porque | por que e | motivo | motivos | razao | razoes | why | reason | reasons | por qual motivo",
    "AND": "and",
    "OR": "ou | or",
    "BY": "por | by | per",
    "WITH": "com | with",
    "TO": "a | ate | to | para",
    "RANGE": "de | from",
    "BETWEEN": "entre | between",
    "NOT": "nao | sem | exceto | menos | fora | salvo | tirando | excluindo | nem | nunca | nenhum | nenhuma | not | without | except | excluding | none | neither | nor | never "
    "| minus | less | apart from | other than | isnt | arent | wasnt | doesnt | dont | cannot",
    "ONLY": "so | somente | apenas | unicamente | only | just",
    NOTE: "nota | nota fiscal | nf | nfe | nf e | nfce | nfc e | documento | danfe | cupom | relatorio | report | invoice | note | document | fiscal note",
    "TOTAL": "total | totais | montante | totals",
    "SUM": "valor total | soma | somatorio | total value | total amount | sum | valor global",
    "VALUE": "valor | value | amount",
    "COSTS": "custa | custam | custou | custaram | vale | valem | cost | costs | costing | worth | que custam | que valem",
    "PRICE": "preco | preco unitario | valor unitario | price | unit price | unit value",
    "QUANTITY": "quantidade | qtd | quantity | qty",
    "DESCRIPTION": "descricao | nome do produto | description | product name",
    "DISCOUNT": "desconto | descontos | discount | discounts",
    "FREIGHT": "frete | fretes | freight | shipping",
    "INSURANCE": "seguro | insurance",
    "CHARGES": "outras despesas | despesas acessorias | other charges | other expenses",
    "BASE": "base | base de calculo | base calculo | bc | tax base | taxable base | calculation base | basis",
    "RATE": "aliquota | aliquotas | rate | rates | tax rate | tax rates",
    "TAXES": "impostos | tributos | taxes",
    "OWED": "devido | devidos | devida | devidas | devo | devemos | a pagar | a recolher | recolher | owed | due | payable | owe",
    "RECOVER": "credito | creditos | a recuperar | recuperavel | recuperaveis | credit | credits | recoverable",
    "STATE": "uf | estado | estados | jurisdicao | jurisdicoes | state | states | jurisdiction | jurisdictions | qual uf | que estado",
    "ITEM": "item | produto | linha | mercadoria | product | line",
    "ITEMS": "itens | items | produtos | linhas | mercadorias | products | lines | goods",
    "EXPENSIVE": "mais caro | mais cara | most expensive | priciest | dearest",
    "CHEAP": "mais barato | mais barata | cheapest | least expensive",
    "MAX": "maior | mais alto | mais alta | highest | largest | biggest | greatest",
    "MIN": "menor | mais baixo | mais baixa | lowest | smallest",
    "ABOVE": "acima de | acima dos | maior que | maior do que | maiores que | maiores do que | mais de | mais que | mais do que | superior a | superiores a | above | over | greater than "
    "| more than | larger than | higher than | exceeding | >",
    "ATLEAST": "a partir de | pelo menos | no minimo | ao menos | at least | maior ou igual a | maiores ou iguais a | >=",
    "BELOW": "abaixo de | abaixo dos | menor que | menor do que | menores que | menores do que | menos de | menos que | menos do que | inferior a | inferiores a | below | under | less than | smaller than "
    "| lower than | <",
    "ATMOST": "ate | no maximo | at most | up to | menor ou igual a | menores ou iguais a | <=",
    "EQUAL": "igual a | iguais a | equal to | equals | =",
    "ISSUER": "emitente | emissor | issuer | emitter",
    "EMITTED": "emitiu | emitida | emitido | issued | emitted",
    "RECIPIENT": "destinatario | destinataria | recipient | addressee | para quem | para quem e | para quem foi | para quem foi emitida | para quem foi emitido | to whom",
    "PARTIES": "partes | parties",
    "NAME": "nome | razao social | name | company name",
    "TAXID": "cnpj | cpf | cnpj cpf | tax id",
    "DATE": "data | data de emissao | data da emissao | date | issue date | date of issue | date of issuance | issuance date",
    "NUMBER": "numero | n | nro | number | invoice number",
    "SERIES": "serie | numero de serie | series",
    "KEY": "chave | chave de acesso | access key",
    "MODEL": "modelo | model",
    "OPERATION": "operacao | tipo de operacao | tipo da operacao | operation | operation type | type of operation | classificacao | classification",
    "SECTOR": "setor | sector | business sector",
    "CFOP": "cfop | cfops",
    "NCM": "ncm | ncms",
    "CST": "cst | csosn",
    "STATUS": "situacao | status",
    "RISK": "risco | risk | risk score | nivel de risco | pontos de risco | risk points",
    "FINDINGS": "apontamentos | apontamento | inconsistencias | inconsistencia | problemas | problema | achados | findings | finding | inconsistencies | inconsistency | issues | problems | problem "
    "| o que ha de errado | o que esta errado | o que tem de errado | de errado | wrong | what is wrong | whats wrong | wrong with | what is wrong with | whats wrong with",
    "ERRORS": "erros | erro | errors | error",
    "ALERTS": "alertas | alerta | avisos | aviso | alerts | alert | warnings | warning",
    "INFOS": "informativos | infos",
    "SEVERITY": "gravidade | severidade | severity",
    "EXPLAIN": "explique | explica | explicar | explain | significa | o que significa | o que e | o que diz | mean | means | que quer dizer | what does | say",
    "LAW": "lei | base legal | fundamento legal | fundamentacao legal | fundamento | law | legal base | legal basis",
    "FORMULA": "formula | calculo | calculation",
    "EXPECTED": "esperado | valor esperado | expected | expected value",
    "FOUND": "encontrado | valor encontrado | found | found value",
    "DEBITS": "debitos | debito | debits | debit",
    "CREDITS": "creditos | credito | credits | credit",
    "BALANCED": "balanceado | balanceados | balanceada | equilibrado | equilibrados | fecham | fecha | batem | bate | conferem | iguais | balanced | balance | match | equal",
    "ENTRIES": "lancamentos | lancamento | lancamentos contabeis | partidas | entries | ledger entries | accounting entries | journal entries | ledger",
    "ACCOUNT": "conta | contas | account | accounts | conta contabil | contas contabeis",
    "AUTHORISED": "autorizada | autorizado | autorizacao | authorised | authorized | authorisation | authorization",
    "CANCELLED": "cancelada | cancelado | cancelled | canceled",
    "BOOKED": "escriturada | escriturado | booked | contabilizada",
    "UNBOOKED": "nao foi escriturada | nao escriturada | nao esta escriturada | nao foi contabilizada | not booked",
    "DUPLICATE": "duplicada | duplicado | repetida | repetido | duplicate | duplicated | em duplicidade",
    "RECON": "conciliacao | reconciliacao | conciliada | reconciliation | reconciled",
    "SUMMARY": "resumo | resuma | summary | summarise | summarize | overview | do que se trata | sobre o que e",
    "TITLE": "titulo | title",
    "ASKSEARCH": "procure | procurar | busque | buscar | pesquise | pesquisar | search | search for | find | look for | trechos que mencionam | passagens que mencionam | passages that mention "
    "| mencionam | menciona | mencione | mention | mentions | onde aparece | where does it mention",
}

_TAXES: Final[dict[str, str]] = {
    "ICMS": "icms | icms proprio | own icms",
    "ICMS-ST": "icms st | st | substituicao tributaria | icms substituicao tributaria | icms por substituicao tributaria | icms de substituicao tributaria",
    "IPI": "ipi",
    "PIS": "pis",
    "COFINS": "cofins",
    "ISS": "iss | issqn",
    "DIFAL": "difal | diferencial de aliquota | diferencial de aliquotas",
    "FCP": "fcp | fundo de combate a pobreza | fecp",
    "II": "ii | imposto de importacao | import duty",
    "IBS": "ibs",
    "CBS": "cbs",
}

#: No plan uses these; a question with one of them is not answered.
KNOWN: Final = frozenset(
    """
    notas documentos invoices notes documents nfes fornecedor fornecedores cliente clientes empresa empresas supplier suppliers customer customers client clients vendor vendors company companies
    vendas venda compras compra devolucoes devolucao devolvido devolvidas transferencia remessa bonificacao sales sale purchases purchase returns return refund refunds transfer
    media medio medias medios average median mediana percentual porcentagem percentage percent parte fatia participacao share proportion ratio proporcao dividido vezes dobro metade half double
    dia dias mes meses ano anos semana hoje ontem amanha trimestre semestre periodo day days month months year years week today yesterday tomorrow quarter period hour hora
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro january february march april may june july august september october november december
    tributo imposto tax tributaria efetiva efetivo effective carga simulado projecao previsao estimativa estimate forecast trend tendencia evolucao variacao crescimento growth change changed mudou
    outro outra outros outras other others another mesmo mesma same igual diferente different todos todas tudo all every each cada ambos both alguns algumas some any algum alguma qualquer
    primeiro primeira segundo segunda terceiro ultimo ultima ultimos ultimas first second third last proximo next anterior previous mais more most least too muito muitos pouco few
    sonegar evadir evasao evade evasion burlar fraudar fraude fraud esconder hide apagar delete alterar mudar corrigir correct change cancelar cancel enviar send pagar pay paguei pago paga paid pagou
    vencimento vencimentos parcela parcelas duplicata duplicatas fatura faturas boleto pagamento pagamentos payment payments installment installments due-date
    pedido pedidos contrato contratos order orders contract transportadora transportador carrier motorista placa veiculo peso volume volumes weight
    natureza finalidade remetente tomador prestador remetido recebido recebida received vendedor comprador seller buyer vendeu comprou sold bought endereco cidade municipio municipios city address bairro cep telefone
    email inscricao estadual municipal regime simples presumido real lucro profit margem margin custo custos curto contra conto contrato saldo saldos balanco estoque stock
    nata nova novo new old velho casa case cada cara caro barato cheap expensive carta vapor calor senha mote mate date-range rate-card gate late lost least owned debts state-tax
    lote lotes serial marca brand peca unidade unidades unit units kg litro metro caixa box desautorizada inautorizada invalida valida valid invalid correta certo certa right
    agrupado agrupados agrupar group grouped ordenado sorted sort ranking rank top comparar compare comparado versus vs diferenca difference between-them entrega entregue retirada
    entrada entradas saida saidas inbound outbound frente antes depois before after until since desde durante during se if whether como how such tal
    beneficio isento isenta isencao exempt exemption suspensao suspenso diferido diferimento reducao reduced reduzida monofasico monofasica retido retida retencao withheld
    aquilo ela ele they we our nosso nossa meu minha my your
    """.split()
)


def _phrases(text: str) -> list[tuple[str, ...]]:
    return [tuple(phrase.split()) for phrase in text.split("|") if phrase.strip()]


def _vocabulary() -> dict[tuple[str, ...], list[tuple[str, str]]]:
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for kind, text in _KINDS.items():
        for phrase in _phrases(text):
            found.setdefault(phrase, []).append((kind, ""))
    for phrase in _phrases(_FILLERS):
        found.setdefault(phrase, []).append((FILLER, ""))
    for tax, text in _TAXES.items():
        for phrase in _phrases(text):
            for stated in ((), ("destacado",), ("destacada",)):
                found.setdefault((*phrase, *stated), []).append(("TAX", tax))
    for account in CHART.values():
        if account.analytic:
            # A bare bracket or dash of the name is not typed.
            phrase = tuple("".join(letter if letter.isalnum() else " " for letter in fold(account.name)).split())
            found.setdefault(phrase, []).append(("ACCOUNTNAME", account.code))
    for state in "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO EX".split():
        found.setdefault((state.casefold(),), []).append(("PLACE", f"UF:{state}" if state != "EX" else "EX"))
    found.setdefault(("uniao",), []).append(("PLACE", "BR"))
    found.setdefault(("union",), []).append(("PLACE", "BR"))
    return found


#: Phrase -> what it may be: kind and value.
VOCABULARY: Final = _vocabulary()
LONGEST_PHRASE: Final = max(len(phrase) for phrase in VOCABULARY)
#: Words that carry meaning, in which a typing error may be found; those of the chart of accounts are names and are typed right.
CONTENT: Final = frozenset(
    word
    for phrase, meanings in VOCABULARY.items()
    if any(kind not in (FILLER, "ACCOUNTNAME", "PLACE") for kind, _ in meanings)
    for word in phrase
    if len(word) >= 3
) | frozenset(word for word in KNOWN if len(word) >= 4)
#: Every word that is not looked at for typing errors.
EVERY_WORD: Final = frozenset(word for phrase in VOCABULARY for word in phrase) | KNOWN | PORTUGUESE | ENGLISH

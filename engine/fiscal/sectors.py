"""Business sectors: the sections of the CNAE for a company, the sections of the NCM for goods.

Owns the names and the ranges; which of the two speaks for a document is decided by `engine.fiscal.classification`.
"""

from __future__ import annotations

from typing import Final

#: Sections of the NCM (Harmonized System) by their last chapter, in order.
_NCM_SECTIONS: Final = (
    (5, "Animais vivos e produtos do reino animal"),
    (14, "Produtos do reino vegetal"),
    (15, "Gorduras, óleos e ceras"),
    (24, "Alimentos, bebidas e tabaco"),
    (27, "Produtos minerais e combustíveis"),
    (38, "Produtos químicos e farmacêuticos"),
    (40, "Plásticos e borracha"),
    (43, "Peles, couros e artigos de viagem"),
    (46, "Madeira, cortiça e cestaria"),
    (49, "Celulose, papel e produtos editoriais"),
    (63, "Têxteis e vestuário"),
    (67, "Calçados, chapéus e artigos semelhantes"),
    (70, "Pedra, cerâmica e vidro"),
    (71, "Pérolas, pedras e metais preciosos"),
    (83, "Metais comuns e suas obras"),
    (85, "Máquinas, aparelhos e material elétrico"),
    (89, "Material de transporte"),
    (92, "Instrumentos de óptica, precisão, medicina e música"),
    (93, "Armas e munições"),
    (96, "Mercadorias e produtos diversos"),
    (97, "Objetos de arte, coleção e antiguidades"),
)

#: Sections of the CNAE 2.3 by their last division, in order.
_CNAE_SECTIONS: Final = (
    (3, "Agricultura, pecuária, produção florestal, pesca e aquicultura"),
    (9, "Indústrias extrativas"),
    (33, "Indústrias de transformação"),
    (35, "Eletricidade e gás"),
    (39, "Água, esgoto e gestão de resíduos"),
    (43, "Construção"),
    (47, "Comércio e reparação de veículos"),
    (53, "Transporte, armazenagem e correio"),
    (56, "Alojamento e alimentação"),
    (63, "Informação e comunicação"),
    (66, "Atividades financeiras e seguros"),
    (68, "Atividades imobiliárias"),
    (75, "Atividades profissionais, científicas e técnicas"),
    (82, "Atividades administrativas e serviços complementares"),
    (84, "Administração pública, defesa e seguridade social"),
    (85, "Educação"),
    (88, "Saúde humana e serviços sociais"),
    (93, "Artes, cultura, esporte e recreação"),
    (96, "Outras atividades de serviços"),
    (97, "Serviços domésticos"),
    (99, "Organismos internacionais"),
)

SERVICES: Final = "Serviços"
UNKNOWN: Final = "Não identificado"

#: Reserved by the Harmonized System.
_RESERVED_CHAPTER: Final = 77

#: Divisions of the CNAE.
_MAKING: Final = range(1, 40)
_TRADING: Final = (range(45, 48), range(55, 57))


def _by_limit(number: int, table: tuple[tuple[int, str], ...]) -> str | None:
    return next((name for last, name in table if number <= last), None)


_CHAPTERS: Final = {
    f"{chapter:02}": name
    for chapter in range(1, 98)
    if chapter != _RESERVED_CHAPTER and (name := _by_limit(chapter, _NCM_SECTIONS))
}


def division(cnae: str | None) -> int | None:
    """Division of a CNAE code in any spelling (4711-3/02, 4711302): its first two digits."""
    return int(cnae[:2]) if cnae and cnae[:2].isascii() and cnae[:2].isdigit() else None


def of_cnae(cnae: str | None) -> str | None:
    """Section of a CNAE code; `None` where it is no code."""
    number = division(cnae)
    return _by_limit(number, _CNAE_SECTIONS) if number else None


def of_ncm(ncm: str | None) -> str | None:
    """Section of an NCM by its chapter; `None` for `00` and text that is no NCM."""
    return _CHAPTERS.get(ncm[:2]) if ncm else None


def makes(cnae: str | None) -> bool:
    """Farms, mines, factories and utilities: what they buy goes into production."""
    return division(cnae) in _MAKING


def trades(cnae: str | None) -> bool:
    """Trade, hotels and restaurants: what they buy is sold on."""
    number = division(cnae)
    return number is not None and any(number in divisions for divisions in _TRADING)

"""Which lines each operation writes: sales, purchases, transfers, services, shipments and their undoing."""

from __future__ import annotations

from typing import Final

from engine.fiscal import chart
from engine.fiscal.books import Books, books_of, kept_out, moves
from engine.fiscal.chart import Account
from engine.fiscal.classification import Classification
from engine.fiscal.ledger.components import Slice, slices
from engine.fiscal.ledger.entries import Booking, Journal
from engine.fiscal.note import Note
from engine.fiscal.operations import USUAL_PURPOSE, Direction, Operation, Purpose, Treatment

_REVENUE: Final = {
    Purpose.PRODUCTION: chart.PRODUCT_REVENUE,
    Purpose.RESALE: chart.GOODS_REVENUE,
    Purpose.ENERGY: chart.PRODUCT_REVENUE,
    Purpose.SERVICE: chart.SERVICE_REVENUE,
    Purpose.COMMUNICATION: chart.SERVICE_REVENUE,
    Purpose.TRANSPORT: chart.SERVICE_REVENUE,
    Purpose.EXPORT: chart.EXPORT_REVENUE,
    Purpose.INDIRECT_EXPORT: chart.INDIRECT_EXPORT_REVENUE,
    Purpose.FIXED_ASSET: chart.ASSET_SALES,
}
_COST: Final = {
    Purpose.PRODUCTION: chart.INPUTS,
    Purpose.RESALE: chart.GOODS,
    Purpose.SERVICE_INPUT: chart.SERVICE_MATERIAL,
    Purpose.FIXED_ASSET: chart.FIXED_ASSETS,
    Purpose.CONSUMPTION: chart.CONSUMPTION,
    Purpose.ENERGY: chart.ENERGY,
    Purpose.COMMUNICATION: chart.COMMUNICATION,
    Purpose.TRANSPORT: chart.FREIGHT,
    Purpose.SERVICE: chart.SERVICES_TAKEN,
}
#: Where stock leaves from when it is moved to another establishment.
_STOCK: Final = {
    Purpose.PRODUCTION: chart.FINISHED,
    Purpose.SERVICE_INPUT: chart.SERVICE_MATERIAL,
    Purpose.FIXED_ASSET: chart.FIXED_ASSETS,
    Purpose.CONSUMPTION: chart.STOREROOM,
}
#: Taxes charged on top of the price, and what they are owed on.
_CHARGED: Final = (
    ("vIPI", chart.IPI_DUE),
    ("vIPIDevol", chart.IPI_DUE),
    ("vST", chart.ICMS_ST_DUE),
    ("vFCPST", chart.FCP_ST_DUE),
    ("vICMSMonoReten", chart.MONOPHASE_DUE),
    ("vPISST", chart.PIS_DUE),
    ("vCOFINSST", chart.COFINS_DUE),
)
#: Taxes inside the price, by deduction and liability.
_INCLUDED: Final = (
    ("vICMS", chart.ICMS_ON_SALES, chart.ICMS_DUE),
    ("vFCP", chart.FCP_ON_SALES, chart.FCP_DUE),
    ("vICMSMono", chart.ICMS_ON_SALES, chart.MONOPHASE_DUE),
    ("vICMSUFDest", chart.DIFAL_ON_SALES, chart.DIFAL_DUE),
    ("vICMSUFRemet", chart.DIFAL_ON_SALES, chart.DIFAL_DUE),
    ("vFCPUFDest", chart.DIFAL_ON_SALES, chart.FCP_DESTINATION_DUE),
    ("vPIS", chart.PIS_ON_SALES, chart.PIS_DUE),
    ("vCOFINS", chart.COFINS_ON_SALES, chart.COFINS_DUE),
    ("vISS", chart.ISS_ON_SERVICES, chart.ISS_DUE),
)
_RECOVERABLE: Final = (
    ("ICMS", "vICMS", chart.ICMS_RECOVERABLE),
    ("IPI", "vIPI", chart.IPI_RECOVERABLE),
    ("PIS", "vPIS", chart.PIS_RECOVERABLE),
    ("COFINS", "vCOFINS", chart.COFINS_RECOVERABLE),
)
#: Withheld by whoever pays: the amount, the seller's asset, the payer's liability.
_WITHHELD: Final = (
    ("vIRRF", chart.IRRF_WITHHELD, chart.SERVICE_IRRF_WITHHELD),
    ("vRetPIS", chart.PIS_WITHHELD, chart.SERVICE_CSRF_WITHHELD),
    ("vRetCOFINS", chart.COFINS_WITHHELD, chart.SERVICE_CSRF_WITHHELD),
    ("vRetCSLL", chart.CSLL_WITHHELD, chart.SERVICE_CSRF_WITHHELD),
    ("vRetPrev", chart.INSS_WITHHELD, chart.SERVICE_INSS_WITHHELD),
    ("vISSRet", chart.ISS_DUE, chart.SERVICE_ISS_WITHHELD),
)
_CONTROLLED: Final = (
    ("vIBS", chart.IBS_CONTROL, chart.IBS_CONTRA),
    ("vCBS", chart.CBS_CONTROL, chart.CBS_CONTRA),
    ("vIS", chart.SELECTIVE_CONTROL, chart.SELECTIVE_CONTRA),
)

_MODELS: Final = {"nfe": "NF-e", "nfce": "NFC-e"}

#: What the history says where the operation's own word says little.
_HISTORIES: Final = {
    Purpose.SHIPMENT: "Remessa",
    Purpose.RETURN_OF_SHIPMENT: "Retorno",
    Purpose.GIFT: "Bonificação",
    Purpose.LOSS: "Baixa de estoque",
    Purpose.RECORD: "Registro",
}


def book(note: Note, classification: Classification) -> Booking:
    """Write the double entry of a note; debits equal credits in every set of books it enters."""
    refused = kept_out(note, classification)
    if refused is not None:
        return Booking(viewpoint=classification.viewpoint, refusal=refused)
    journals = [_Bookkeeper(note, books).written() for books in books_of(note, classification)]
    entries = tuple(entry for journal in journals for entry in journal.entries)
    return Booking(entries=entries, viewpoint=classification.viewpoint)


class _Bookkeeper:
    """Enters one note in one set of books."""

    def __init__(self, note: Note, books: Books) -> None:
        self._note = note
        self._books = books
        self._journal = Journal(books.owner)
        self._imported = any((item.cfop or "").startswith("3") for item in note.items)

    def written(self) -> Journal:
        books = self._books
        whole = Treatment(books.operation, USUAL_PURPOSE[books.operation])
        document = f"{_MODELS[self._note.family]} {self._note.number or '–'}/{self._note.series or '–'}"
        partner = f" – {books.partner.name}" if books.partner.name else ""
        for part in slices(self._note, books.treatments, whole):
            operation, purpose = part.treatment
            undo = operation is Operation.DEVOLUCAO or purpose is Purpose.RETURN_OF_SHIPMENT
            history = _HISTORIES.get(purpose, operation.value)
            self._journal.begin(operation, f"{history} conf. {document}{partner}", undo=undo)
            self._operation(part)
            self._journal.close()
            self._journal.begin(operation, f"IBS/CBS da {document}{partner}", undo=books.direction is Direction.IN)
            for name, control, contra in _CONTROLLED:
                self._journal.pair(control, contra, part.components[name])
        return self._journal

    def _operation(self, part: Slice) -> None:
        operation, purpose = part.treatment
        leaving = self._books.direction is Direction.OUT
        if operation is Operation.OUTROS or purpose is Purpose.RETURN_OF_SHIPMENT:
            self._shipment(part)
        elif moves(part.treatment):
            if leaving == (operation is Operation.TRANSFERENCIA):
                self._transfer(part)
            else:
                self._acquisition(part, chart.BRANCHES)
        elif (
            operation is Operation.VENDA
            or (leaving and operation is Operation.SERVICO)
            or (operation is Operation.DEVOLUCAO and not leaving)
        ):
            self._sale(part)
        else:
            foreign = self._imported or self._books.partner.uf == "EX"
            self._acquisition(part, chart.FOREIGN_SUPPLIERS if foreign else chart.SUPPLIERS)

    def _sale(self, part: Slice) -> None:
        journal, components, purpose = self._journal, part.components, part.treatment.purpose
        revenue = _REVENUE.get(purpose, chart.GOODS_REVENUE)
        if part.treatment.operation is Operation.DEVOLUCAO and purpose is not Purpose.FIXED_ASSET:
            revenue = chart.RETURNS
        journal.debit(chart.CUSTOMERS, part.principal, principal=True)
        journal.credit(revenue, components.price)
        for name, due in _CHARGED:
            journal.credit(due, components[name])
        journal.close()
        if not self._books.unified:
            for name, deduction, due in _INCLUDED:
                journal.pair(deduction, due, components[name])
        for name, asset, _ in _WITHHELD:
            # Under Simples no ISS was put on the books to be paid, so what the customer withholds is the deduction
            # itself.
            simple = self._books.unified and asset is chart.ISS_DUE
            journal.pair(chart.ISS_ON_SERVICES if simple else asset, chart.CUSTOMERS, components[name])

    def _acquisition(self, part: Slice, against: Account) -> None:
        journal, components, purpose = self._journal, part.components, part.treatment.purpose
        journal.credit(against, part.principal, principal=True)
        recovered = 0
        for tax, name, account in _RECOVERABLE:
            if components[name] and self._books.recovers(tax, part.treatment):
                asset = chart.CIAP if purpose is Purpose.FIXED_ASSET else account
                journal.debit(asset, components[name])
                recovered += components[name]
        if self._imported and part.treatment.operation is Operation.COMPRA:
            landed = components.landed
            journal.debit(_COST.get(purpose, chart.GOODS), landed - recovered)
            journal.credit(chart.CUSTOMS_DUE, landed - part.principal)
        else:
            journal.debit(_COST.get(purpose, chart.GOODS), components.gross - recovered)
        journal.close()
        for name, _, due in _WITHHELD:
            journal.pair(against, due, components[name])

    def _transfer(self, part: Slice) -> None:
        journal, components = self._journal, part.components
        journal.debit(chart.BRANCHES, part.principal, principal=True)
        inside = 0
        for name, due in _CHARGED:
            journal.credit(due, components[name])
        if not self._books.unified:
            for name, _, due in _INCLUDED[:2]:
                journal.credit(due, components[name])
                inside += components[name]
        journal.credit(_STOCK.get(part.treatment.purpose, chart.GOODS), components.price - inside)

    def _shipment(self, part: Slice) -> None:
        journal, purpose = self._journal, part.treatment.purpose
        leaving = self._books.direction is Direction.OUT
        debit, credit = _control(purpose, leaving)
        journal.debit(debit, part.principal, principal=True)
        journal.credit(credit, part.principal)
        if purpose is Purpose.RECORD:
            return
        # Taxes go their own way whichever way the goods are counted: out they are owed, in they are recovered.
        journal.begin(part.treatment.operation, f"Tributos da {_MODELS[self._note.family]} {self._note.number or '–'}")
        self._tax_of_shipment(part, leaving)

    def _tax_of_shipment(self, part: Slice, leaving: bool) -> None:
        components = part.components
        if not leaving:
            for tax, name, asset in _RECOVERABLE:
                if self._books.recovers(tax, part.treatment):
                    self._journal.pair(asset, chart.TAX_ON_SHIPMENTS, components[name])
            return
        for name, due in _CHARGED:
            self._journal.pair(chart.TAX_ON_SHIPMENTS, due, components[name])
        if not self._books.unified:
            for name, _, due in _INCLUDED:
                self._journal.pair(chart.TAX_ON_SHIPMENTS, due, components[name])


def _control(purpose: Purpose, leaving: bool) -> tuple[Account, Account]:
    """The pair of accounts that follows goods nobody bought or sold; returns undo the pair of their shipment."""
    if purpose is Purpose.GIFT:
        return chart.GIFTS, chart.GIFTS_CONTRA
    if purpose is Purpose.LOSS:
        return chart.STOCK_LOSSES, chart.GOODS
    if purpose is Purpose.RECORD:
        return chart.RECORDS, chart.RECORDS_CONTRA
    ours = leaving != (purpose is Purpose.RETURN_OF_SHIPMENT)
    return (
        (chart.OURS_ELSEWHERE, chart.OURS_ELSEWHERE_CONTRA) if ours else (chart.THEIRS_HERE, chart.THEIRS_HERE_CONTRA)
    )

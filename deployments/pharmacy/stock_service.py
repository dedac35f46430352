"""The operations of stock and dispensing, by what they are about."""

from zoneinfo import ZoneInfo

from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from deployments.pharmacy.controlled import ControlledRegister
from deployments.pharmacy.dispensing import Preparing
from deployments.pharmacy.dispensing_completion import CheckAgain, Completion
from deployments.pharmacy.dispensing_reading import DispensingReading, Treats
from deployments.pharmacy.dispensing_returns import Returns
from deployments.pharmacy.recalls import Recalls
from deployments.pharmacy.stock import Stock
from deployments.pharmacy.stock_desk import StockDesk, StockSettings
from deployments.pharmacy.stock_documents import StockDocuments
from deployments.pharmacy.stock_imports import StockImports
from deployments.pharmacy.stock_upkeep import StockUpkeep
from storage.database import Database


class StockService:
    """Everything that can be done with stock, up to the patient's hand.

    Args:
        database: of the pharmacy.
        check_again: the safety check, asked again before medicines are handed over.
        treats: whether somebody may know of a patient, asked of medical records.
        time_zone: the hospital's; batches expire at midnight there.
        settings: tolerances and paces.
        clock: tells the time.

    Attributes:
        stock: places, batches, balances, ledger, reorder points.
        documents: receipts, transfers, counts, adjustments, disposals.
        preparing: dispensings up to the moment before the hand-over.
        completion: the hand-over.
        returns: what comes back.
        reading: dispensings, and what remains of a prescription.
        recalls: lots that must not be used any more.
        register: controlled drugs.
        imports: stock of another system.
        upkeep: what happens by itself.
    """

    def __init__(
        self,
        database: Database,
        check_again: CheckAgain,
        treats: Treats,
        *,
        time_zone: str,
        settings: StockSettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        tools = (database, Journal(database), clock, settings or StockSettings())
        desk = StockDesk(*tools, ZoneInfo(time_zone))
        self.stock = Stock(desk)
        self.documents = StockDocuments(desk)
        self.preparing = Preparing(desk)
        self.completion = Completion(desk, check_again)
        self.returns = Returns(desk)
        self.reading = DispensingReading(desk, treats)
        self.recalls = Recalls(desk)
        self.register = ControlledRegister(desk)
        self.imports = StockImports(desk)
        self.upkeep = StockUpkeep(desk)

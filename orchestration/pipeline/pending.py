"""Which deliveries wait to be landed, asked without holding the home."""

from __future__ import annotations

from datetime import date

from ingestion.contracts.load import load_contracts
from ingestion.files.deliveries import Delivery, pending, scan
from ingestion.files.registry import last_export_date
from orchestration.home.settings import Settings
from orchestration.publication.connections import open_build


def pending_now(settings: Settings) -> tuple[list[Delivery], date | None]:
    """Deliveries that have not landed, and the last day that has.

    Raises:
        BusyError: A refresh is running.
        ContractError: A contract is wrong.
    """
    found = scan(settings.exports_url, load_contracts(settings.channels))
    if not settings.warehouse_path.exists():
        return found.deliveries, None
    with open_build(settings) as connection:
        return pending(connection, found.deliveries), last_export_date(connection)

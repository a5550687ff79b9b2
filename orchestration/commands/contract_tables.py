"""Reading contracts for a person: what they claim, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from ingestion.contracts.load import load_contract, load_contracts
from ingestion.contracts.models import Contract
from ingestion.files.deliveries import scan
from orchestration.home.settings import load_settings


def print_contracts(path: Path | None, console: Console | None = None) -> None:
    """Print what contracts claim.

    Args:
        path: A folder of contracts (read beside the packaged ones), or one file; None reads the
            packaged ones and those of `KOUBEI_CHANNELS`.
        console: Where to; the terminal when None.

    Raises:
        ContractError: One of them is wrong; the message names file and line.
    """
    settings = load_settings()
    console = console or Console()
    if path is not None and path.is_file():
        contract = load_contract(path)
        contracts = {contract.channel: contract}
    else:
        contracts = load_contracts(path or settings.channels)
    console.print(as_table(contracts))
    exports = sum(len(contract.exports) for contract in contracts.values())
    console.print(f"{len(contracts)} contracts, {exports} exports: all are sound.")
    _print_unclaimed(settings.exports_url, contracts, console)


def as_table(contracts: dict[str, Contract]) -> Table:
    """One line an export: its files, mode and feeds."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("渠道 Channel", "导出 Export", "文件 Files", "方式 Mode", "数据流 Feeds"):
        table.add_column(name, overflow="fold")
    for contract in contracts.values():
        for export in contract.exports:
            form: str = export.files.format
            if form == "csv":
                form += f" {export.files.encoding}"
            table.add_row(
                f"{contract.label} {contract.channel}",
                export.name,
                # the brackets of a pattern are not markup
                f"{export.files.pattern}  ({form})".replace("[", r"\["),
                export.mode,
                ", ".join(export.feeds),
            )
    return table


def _print_unclaimed(exports_url: str, contracts: dict[str, Contract], console: Console) -> None:
    """Files that wait and that no contract claims, where there is a folder to look into."""
    if "://" in exports_url or not Path(exports_url).is_dir():
        return
    unclaimed = scan(exports_url, contracts).unclaimed
    if unclaimed:
        console.print(f"Files in {exports_url} that none of them claims:", markup=False)
        for name in sorted(unclaimed)[:20]:
            console.print(f"  {name}", markup=False)

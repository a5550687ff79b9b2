"""Every contract lands its own examples, in the format and encoding that it declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contracts.load import load_contracts
from ingestion.contracts.models import Contract, Export
from tests.unit.ingestion.warehouse import Warehouse, file_name, write_export

EXPORTS = [
    pytest.param(contract, export, id=f"{contract.channel}-{export.name}")
    for contract in load_contracts().values()
    for export in contract.exports
]


@pytest.mark.parametrize(("contract", "export"), EXPORTS)
def test_a_contract_lands_its_own_examples(
    contract: Contract, export: Export, tmp_path: Path
) -> None:
    assert export.examples, "an export without an example is documented by nothing"
    warehouse = Warehouse(tmp_path)
    warehouse.contracts = {contract.channel: contract}
    name = file_name(export)
    write_export(warehouse.exports / name, export, export.examples)

    landed = warehouse.land(name)

    assert (landed.outcome, landed.reason) == ("landed", None)
    assert warehouse.rows("select column_name, value_text, reason from raw.rejected_rows") == []
    assert landed.unmapped_columns == []
    assert set(landed.feeds) == set(export.feeds)
    for feed, counts in landed.feeds.items():
        assert counts.landed > 0, f"no example fills {feed}"
        assert counts.duplicate == 0 or len(export.feeds) > 1

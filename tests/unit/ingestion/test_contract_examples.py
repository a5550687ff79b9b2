"""Every contract lands its own examples, in the format and encoding that it declares."""

from __future__ import annotations

from pathlib import Path

from ingestion.contracts.load import load_contracts
from ingestion.contracts.models import Contract, Export
from tests.unit.ingestion.house import House, file_name, write_export


def faults_of_examples(contract: Contract, export: Export, house: House) -> list[str]:
    """What does not land of an export's examples, and the feeds that they leave empty."""
    if not export.examples:
        return ["an export without an example is documented by nothing"]
    house.contracts = {contract.channel: contract}
    name = file_name(export)
    write_export(house.exports / name, export, export.examples)

    landed = house.land(name)

    if (landed.outcome, landed.reason) != ("landed", None):
        return [f"{landed.outcome}: {landed.reason}"]
    rejected = house.rows(
        "select column_name, value_text, reason from raw.rejected_rows "
        f"where ends_with(file_name, '{name}')"
    )
    faults = [f"rejected: {row}" for row in rejected]
    faults += [f"unmapped: {column}" for column in landed.unmapped_columns]
    faults += [
        f"feed {feed}: declared or landed, not both"
        for feed in set(export.feeds) ^ set(landed.feeds)
    ]
    for feed, counts in landed.feeds.items():
        if not counts.landed:
            faults.append(f"no example fills {feed}")
        if counts.duplicate and len(export.feeds) == 1:
            faults.append(f"an example of {feed} stands twice")
    return faults


def test_every_contract_lands_its_own_examples(tmp_path: Path) -> None:
    house = House(tmp_path)
    faults = {
        f"{contract.channel}-{export.name}": faults_of_examples(contract, export, house)
        for contract in load_contracts().values()
        for export in contract.exports
    }
    assert len(faults) > 40
    assert {name: found for name, found in faults.items() if found} == {}


def test_each_fault_of_an_example_is_seen(tmp_path: Path) -> None:
    contract = load_contracts()["jd"]
    (export,) = [each for each in contract.exports if each.name == "orders"]
    (example, *_) = export.examples
    field = next(iter(export.feeds["orders"].columns))

    def found(number: int, *examples: dict[str, object]) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        changed = export.model_copy(update={"examples": list(examples)})
        return " ".join(faults_of_examples(contract, changed, House(folder)))

    assert "documented by nothing" in found(1)
    assert found(2, dict(example)) == ""
    assert "stands twice" in found(3, dict(example), dict(example))
    assert "rejected" in found(4, {**example, field: ""})

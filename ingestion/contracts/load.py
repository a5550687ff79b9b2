"""Contracts from their files: packaged or a company's own, every fault at its line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingestion.contracts.feeds import ContractError, Feed, load_feeds
from ingestion.contracts.models import ColumnTarget, Contract, Export, FeedMapping, Files
from ingestion.contracts.rules import faults_between, faults_in
from ingestion.contracts.yaml_documents import Document, DocumentError, explain, read_document

CHANNELS_FOLDER = Path(__file__).parents[1] / "channels"

KNOWN_KEYS = {
    field
    for model in (ColumnTarget, FeedMapping, Files, Export, Contract)
    for field in model.model_fields
} - {"path", "sha256"}


def load_contracts(own: Path | None = None) -> dict[str, Contract]:
    """Return the packaged contracts and those of `own`, a folder, by channel.

    A contract in `own` adds a channel, or replaces the packaged one of that name.

    Raises:
        ContractError: every fault of every contract, one `path:line: message` a line.
    """
    if own is not None and not own.is_dir():
        raise ContractError(f"{own}: no such folder; it should hold <channel>.yml contracts")
    paths: dict[str, Path] = {}
    for folder in [CHANNELS_FOLDER, *([own] if own else [])]:
        paths.update({path.stem: path for path in sorted(folder.glob("*.yml"))})
    feeds = load_feeds()
    loaded: dict[str, tuple[Document, Contract]] = {}
    faults: list[str] = []
    for channel, path in sorted(paths.items()):
        try:
            loaded[channel] = _read_contract(path, feeds)
        except ContractError as error:
            faults.append(str(error))
    contracts = {channel: contract for channel, (_, contract) in loaded.items()}
    faults += [
        loaded[channel][0].error(location, message)
        for channel, location, message in faults_between(contracts)
    ]
    if faults:
        raise ContractError("\n".join(faults))
    return contracts


def load_contract(path: Path, feeds: Mapping[str, Feed] | None = None) -> Contract:
    """Read one contract; its name must be the channel's.

    Raises:
        ContractError: every fault of the file, one `path:line: message` a line.
    """
    return _read_contract(path, load_feeds() if feeds is None else feeds)[1]


def _read_contract(path: Path, feeds: Mapping[str, Feed]) -> tuple[Document, Contract]:
    try:
        document = read_document(path)
    except DocumentError as error:
        raise ContractError(str(error)) from error
    reserved: dict[str, Any] = {
        "path": path,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    for key in reserved:
        if key in document.data:
            raise ContractError(document.error([key], f"unknown key {key}"))
    try:
        contract = Contract(**document.data, **reserved)
    except ValidationError as error:
        raise ContractError(explain(document, error, KNOWN_KEYS)) from error
    faults = [document.error(location, text) for location, text in faults_in(contract, feeds)]
    if contract.channel != path.stem:
        faults.append(document.error(["channel"], f"channel: must be {path.stem}, the file's name"))
    if faults:
        raise ContractError("\n".join(faults))
    return document, contract

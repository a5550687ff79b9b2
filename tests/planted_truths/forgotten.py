"""Who is nobody any more once requests to be forgotten are acted on: truths that count people."""

from __future__ import annotations

from ingestion.demo.people.erasures import UNKNOWN
from ingestion.demo.simulation import Simulation


def forgotten(simulation: Simulation) -> set[int]:
    """Numbers of the members who asked; their orders and entries stay, without a customer."""
    return {int(who) for who in simulation.erasures["customer"] if who != UNKNOWN}

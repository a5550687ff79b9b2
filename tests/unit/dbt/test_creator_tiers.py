"""Tiers of creators at equal reach: a case by hand, and the interval computed again with numpy and scipy."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from scipy import stats

from tests.unit.dbt.building import Build

Piece = tuple[str, int, float, bool | None]  # tier, impressions, engagement rate, hit


def compared(pieces: list[Piece], **variables: object) -> dict[tuple[str, str, str, str], dict]:
    """Rows of mart_creator_tiers by measure, tier, other tier and band."""
    with duckdb.connect() as connection:
        connection.execute("create table stg_as_of as select date '2026-10-31' as as_of")
        connection.execute(
            "create table mart_content_performance (tier_code varchar, impression_count bigint,"
            " engagement_rate double, is_hit_note boolean, published_at timestamp default"
            " timestamp '2026-10-10 09:00:00', cost_cny decimal(18, 2), engagement_count bigint)"
        )
        connection.executemany(
            "insert into mart_content_performance"
            " (tier_code, impression_count, engagement_rate, is_hit_note) values (?, ?, ?, ?)",
            pieces,
        )
        Build(connection, **variables).run("mart_creator_tiers")
        found = connection.sql("select * from mart_creator_tiers").to_arrow_table().to_pylist()
    keys = ("measure_code", "tier_code", "other_tier_code", "reach_band_code")
    return {tuple(row[key] for key in keys): row for row in found}  # type: ignore[misc]


def test_tiers_that_engage_alike_at_equal_reach_do_not_differ() -> None:
    pieces: list[Piece] = [
        # KOLs are mostly seen by many, KOCs mostly by few, and in a band both engage alike
        *[("kol", 2_000, rate, None) for rate in (0.10, 0.10)],
        *[("kol", 20_000, 0.02, None)] * 4,
        *[("koc", 2_000, rate, None) for rate in (0.08, 0.12, 0.08, 0.12)],
        *[("koc", 20_000, 0.02, None)] * 2,
        # nobody else is seen by two millions
        *[("institution", 2_000_000, 0.01, None)] * 2,
        *[("user", 2_000, 0.005, None)] * 9,
    ]
    rows = compared(pieces, tier_fewest_pieces=2, tier_bands_per_decade=1)
    row = rows["engagement_rate", "kol", "koc", "all"]
    assert row["crude_value"] == pytest.approx(0.28 / 6)
    assert row["other_crude_value"] == pytest.approx(0.44 / 6)
    assert row["standardised_value"] == row["other_standardised_value"] == pytest.approx(0.06)
    assert row["difference"] == 0
    assert (row["piece_count"], row["other_piece_count"], row["common_band_count"]) == (6, 6, 2)
    few = rows["engagement_rate", "kol", "koc", "3"]
    assert (few["impressions_from"], few["impressions_below"]) == (1_000, 10_000)
    # half of the pieces in common are in the band, and only KOCs vary there: .5 * sd / 2 * t(3)
    sd = np.std([0.08, 0.12, 0.08, 0.12], ddof=1)
    half = 0.5 * sd / 2 * stats.t.ppf(0.975, 3)
    assert row["difference_high"] == pytest.approx(half, rel=3e-3)
    assert row["difference_low"] == pytest.approx(-half, rel=3e-3)
    alone = rows["engagement_rate", "institution", "kol", "all"]
    assert (alone["common_band_count"], alone["piece_count"]) == (0, 2)
    assert alone["standardised_value"] is alone["difference"] is alone["difference_low"] is None
    assert not any("user" in key for key in rows)


def test_the_interval_is_the_weighted_welch_interval_computed_apart() -> None:
    rng = np.random.default_rng(4)
    tiers = {
        "kol": {3: rng.beta(3, 60, 9), 4: rng.beta(3, 80, 30)},
        "koc": {3: rng.beta(5, 60, 40), 4: rng.beta(4, 80, 12), 2: rng.beta(5, 60, 50)},
    }
    pieces: list[Piece] = [
        (tier, 2 * 10**band, float(rate), None)
        for tier, bands in tiers.items()
        for band, rates in bands.items()
        for rate in rates
    ]
    row = compared(pieces, tier_bands_per_decade=1)["engagement_rate", "koc", "kol", "all"]
    shared = [3, 4]
    sizes = np.array([len(tiers["kol"][b]) + len(tiers["koc"][b]) for b in shared])
    weights = sizes / sizes.sum()
    terms = np.array(
        [[np.var(tiers[t][b], ddof=1) / len(tiers[t][b]) for t in tiers] for b in shared]
    )
    spare = np.array([[len(tiers[t][b]) - 1 for t in tiers] for b in shared])
    means = np.array([[np.mean(tiers[t][b]) for t in ("koc", "kol")] for b in shared])
    squared = float((weights**2 @ terms).sum())
    freedom = squared**2 / float((weights**4 @ (terms**2 / spare)).sum())
    margin = np.sqrt(squared) * stats.t.ppf(0.975, freedom)
    difference = float(weights @ (means[:, 0] - means[:, 1]))
    assert row["difference"] == pytest.approx(difference, abs=1e-7)
    assert row["difference_low"] == pytest.approx(difference - margin, abs=1e-6)
    assert row["difference_high"] == pytest.approx(difference + margin, abs=1e-6)


def test_none_of_five_hits_is_no_certainty() -> None:
    pieces: list[Piece] = [
        *[("kol", 2_000, 0.1, False)] * 5,
        *[("koc", 2_000, 0.1, hit) for hit in (True, False, False, False, False)],
    ]
    row = compared(pieces)["hit_note_rate", "koc", "kol", "all"]
    assert row["difference"] == pytest.approx(0.2)
    # Agresti and Caffo: (x + 1) / (n + 2) in the standard error
    error = np.sqrt(2 / 7 * 5 / 7 / 7 + 1 / 7 * 6 / 7 / 7)
    assert row["difference_high"] == pytest.approx(0.2 + stats.norm.ppf(0.975) * error, abs=1e-5)
    assert row["difference_low"] < 0

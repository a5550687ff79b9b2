"""The brand from outside: its market, its proofs of standing, its quality, its trained staff.

Monthly figures reach back before the window, as such reports do. Amounts grow with the members.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import BRANDS, OWN_PRODUCTS, PRODUCTS
from ingestion.demo.world import LAST_DAY, World

MARKET_MONTHS, QUALITY_MONTHS = 6, 12
MARKET_SOURCE = "零售监测月报"
# Share of the category's sales that is ours; the competitors have 3/5 and 2/5 of the rest.
OWN_SHARES = {
    "laptop": 0.28,
    "air_fryer": 0.55,
    "robot_vacuum": 0.34,
    "water_heater": 0.45,
    "water_purifier": 0.50,
    "air_purifier": 0.40,
}
REST = (0.6, 0.4)
# Yuan a month and member, by category.
MARKET_SIZE = {
    "laptop": 9_000,
    "air_fryer": 700,
    "robot_vacuum": 2_600,
    "water_heater": 1_900,
    "water_purifier": 1_700,
    "air_purifier": 1_500,
}

# Share of the units in use that fail in a month: the heater leaks, the purifier hums.
FAILURE_SHARES = {"P001": 0.006, "P002": 0.009, "P003": 0.004, "P004": 0.012}
FAILURE_SHARES |= {"P005": 0.019, "P006": 0.007, "P007": 0.014, "P008": 0.002}
RETURN_OF_FAILURES = 0.35
# The industry's share by category; nobody reports on accessories.
INDUSTRY_SHARES = {"laptop": 0.008, "air_fryer": 0.006, "robot_vacuum": 0.015}
INDUSTRY_SHARES |= {"water_heater": 0.010, "water_purifier": 0.008, "air_purifier": 0.009}
INDUSTRY_SOURCE = "行业质量月报"

DEPARTMENTS = ("客服部", "售后部", "电商部", "新媒体部", "门店", "市场部", "产品部")
STAFF = 42
# Of the staff, those who passed: most the first course, few the second, which builds on it.
COURSES = (("speak_up", 0.72), ("handle_criticism", 0.30))


class Piece(NamedTuple):
    """A proof of standing: days are counted back from the last day, validity onward from there."""

    kind: str
    outlet: str
    days_ago: int
    valid_days: int | None
    reach: int | None
    spend: int | None  # yuan
    title: str


# Reports come each half year, and one of them was never written. One certificate lapsed for good,
# one was renewed in time, one 61 days too late.
PROOFS = (
    Piece("esg", "可持续发展报告", 1_020, None, 41_000, 120_000, "可持续发展报告一"),
    Piece("esg", "可持续发展报告", 838, None, 52_000, 120_000, "可持续发展报告二"),
    Piece("esg", "可持续发展报告", 656, None, 60_000, 130_000, "可持续发展报告三"),
    Piece("esg", "可持续发展报告", 292, None, 66_000, 130_000, "可持续发展报告四"),
    Piece("esg", "可持续发展报告", 110, None, 88_000, 140_000, "可持续发展报告五"),
    Piece("certification", "绿色产品认证", 1_010, 730, None, 68_000, "绿色产品认证"),
    Piece("certification", "绿色产品认证", 300, 730, None, 42_000, "绿色产品认证续期"),
    Piece("certification", "节能认证", 900, 365, None, 35_000, "节能认证"),
    Piece("certification", "节能认证", 474, 730, None, 35_000, "节能认证重新取得"),
    Piece("certification", "静音认证", 800, 700, None, 26_000, "静音认证"),
    Piece("certification", "食品接触安全", 420, 1_095, None, 51_000, "食品接触安全认证"),
)
OUTLETS = ("家电周报", "数码早报", "城市晚报", "消费观察", "厨房研究所")
MEDIA_PIECES = 18
PAID_MEDIA_SHARE = 0.28


@dataclass(frozen=True)
class BrandYear:
    """What the reports say.

    Columns of market: line, category, month (ISO), brand, cents. Of quality: line, product, month,
    units, failed, returned, industry (-1 none), source. Of pieces: piece, kind, outlet, published
    and valid_to (day index, blank none), reach, cents (-1 none), title. Of training: line, staff,
    course, department, passed (s).
    """

    market: pd.DataFrame
    quality: pd.DataFrame
    pieces: pd.DataFrame
    training: pd.DataFrame


def make_brand_year(world: World) -> BrandYear:
    """All reports, as they stand on the last day."""
    return BrandYear(_market(world), _quality(world), _pieces(world), _training(world))


def months_back(count: int) -> list[dt.date]:
    """First days of the last months, the running one included, oldest first."""
    last = LAST_DAY.year * 12 + LAST_DAY.month - 1
    return [dt.date(m // 12, m % 12 + 1, 1) for m in range(last - count + 1, last + 1)]


def _market(world: World) -> pd.DataFrame:
    rng = world.rng("market")
    rows = []
    for month in months_back(MARKET_MONTHS):
        for category, own in OWN_SHARES.items():
            total = MARKET_SIZE[category] * world.customers * rng.uniform(0.9, 1.1) * 100
            shares = (own, *((1 - own) * part for part in REST))
            for brand, part in zip(BRANDS, shares, strict=True):
                cents = int(np.rint(total * part))
                rows.append((category, month.isoformat(), brand.code, cents))
    frame = pd.DataFrame(rows, columns=["category", "month", "brand", "cents"])
    return frame.assign(line=np.arange(1, len(frame) + 1))


def _quality(world: World) -> pd.DataFrame:
    rng = world.rng("quality")
    rows = []
    for place, month in enumerate(months_back(QUALITY_MONTHS)):
        for index in OWN_PRODUCTS:
            product = PRODUCTS[index]
            base = 40_000 + 30 * world.customers
            units = int(base * product.sales * (1 + 0.03 * place) * rng.uniform(0.98, 1.02))
            failed = round(units * FAILURE_SHARES[product.code] * rng.uniform(0.93, 1.07))
            industry = INDUSTRY_SHARES.get(product.category, -1.0)
            rows.append(
                {
                    "product": int(index),
                    "month": month.isoformat(),
                    "units": units,
                    "failed": failed,
                    "returned": round(failed * RETURN_OF_FAILURES),
                    "industry": industry,
                    "source": INDUSTRY_SOURCE if industry >= 0 else "",
                }
            )
    frame = pd.DataFrame(rows)
    return frame.assign(line=np.arange(1, len(frame) + 1))


def _pieces(world: World) -> pd.DataFrame:
    """Proofs, and what the press wrote in the window: for the most part unpaid."""
    rng = world.rng("press")
    written = []
    for number in range(MEDIA_PIECES):
        is_paid = number < round(MEDIA_PIECES * PAID_MEDIA_SHARE)
        written.append(
            Piece(
                "media",
                OUTLETS[int(rng.integers(0, len(OUTLETS)))],
                int(rng.integers(0, world.days)),
                None,
                int(np.exp(rng.uniform(9.5, 12.5))) // 1_000 * 1_000,
                int(rng.integers(5, 40)) * 1_000 if is_paid else None,
                f"报道第{number + 1}篇",
            )
        )
    last = world.days - 1
    rows = [
        {
            "kind": piece.kind,
            "outlet": piece.outlet,
            "published": last - piece.days_ago,
            "valid_to": None
            if piece.valid_days is None
            else last - piece.days_ago + piece.valid_days,
            "reach": -1 if piece.reach is None else piece.reach,
            "cents": -1 if piece.spend is None else piece.spend * 100,
            "title": piece.title,
        }
        for piece in (*PROOFS, *written)
    ]
    frame = pd.DataFrame(rows)
    frame["valid_to"] = frame["valid_to"].astype("Int64")
    return frame.assign(piece=np.arange(1, len(frame) + 1))


def _training(world: World) -> pd.DataFrame:
    rng = world.rng("training")
    rows = []
    for course, share in COURSES:
        for staff in range(1, round(STAFF * share) + 1):
            days_ago = int(rng.integers(2, 200))
            passed = (world.days - days_ago) * 86_400 + int(rng.integers(9, 18)) * 3_600
            department = DEPARTMENTS[staff % len(DEPARTMENTS)]
            rows.append((staff, course, department, passed))
    frame = pd.DataFrame(rows, columns=["staff", "course", "department", "passed"])
    return frame.assign(line=np.arange(1, len(frame) + 1))

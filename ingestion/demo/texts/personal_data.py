"""Personal data planted inside free texts: telephones, e-mails, ID cards, WeChat ids.

The numbers are drawn at random and belong to no person. Each planted text is written once, by one
voice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ingestion.demo.texts.review_lines import Catalogue
from ingestion.demo.world import NEVER, World

KINDS = ("phone", "two_phones", "email", "id_card", "wechat")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def plant(
    world: World, catalogue: Catalogue, subjects: dict[str, tuple[pd.DataFrame, str]]
) -> pd.DataFrame:
    """Replace some texts by the same with personal data behind it.

    Args:
        world: the world.
        catalogue: takes the new texts.
        subjects: per subject its frame (`text` is changed in place) and the name of its number.

    Returns:
        One row per planted text: subject, number (in its frame), kind, values (list of strings).
    """
    rng = world.rng("plants")
    records: list[dict[str, Any]] = []
    for subject, (frame, number) in subjects.items():
        able = np.ones(len(frame), dtype=bool)
        if "source" in frame and "edited" in frame:
            # an edited or copied review shows its text on several export days
            sources = frame["source"].to_numpy()
            able = (sources == 0) & (frame["edited"] == NEVER).to_numpy()
            able &= ~frame[number].isin(sources).to_numpy()
        rows = np.flatnonzero(able)
        count = min(len(rows), int(np.clip(len(frame) // 200, 2, 120)))
        for place, row in enumerate(np.sort(rng.permutation(rows)[:count])):
            kind = KINDS[place % len(KINDS)]
            tail, values = _personal(rng, kind)
            text = catalogue.texts[frame["text"].to_numpy()[row]]
            new = int(catalogue.extend([f"{text}，{tail}"])[0])
            frame.loc[frame.index[row], "text"] = new
            if "text_before" in frame:
                frame.loc[frame.index[row], "text_before"] = new
            records.append(
                {
                    "subject": subject,
                    "number": int(frame[number].to_numpy()[row]),
                    "kind": kind,
                    "values": values,
                }
            )
    return pd.DataFrame(records, columns=["subject", "number", "kind", "values"])


def _phone(rng: np.random.Generator) -> str:
    return f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}"


def _personal(rng: np.random.Generator, kind: str) -> tuple[str, list[str]]:
    """Words to put behind a text, and the values in them that nobody may ever read."""
    if kind == "phone":
        value = _phone(rng)
        return f"我的电话{value}，麻烦回电", [value]
    if kind == "two_phones":
        values = [_phone(rng), _phone(rng)]
        return f"打{values[0]} {values[1]}都行", values
    if kind == "email":
        value = f"user{rng.integers(1000, 9999)}@mail.example.com"
        return f"发票请发{value}", [value]
    if kind == "id_card":
        value = _id_card(rng)
        return f"身份证号{value}，请核实", [value]
    value = f"hm_{rng.integers(10_000, 99_999)}ab"
    return f"加微信：{value}", [value]


def _id_card(rng: np.random.Generator) -> str:
    """A number of the right form, with the right check digit."""
    body = f"3301{rng.integers(1, 10):02d}19{rng.integers(60, 100):02d}"
    body += f"{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}{rng.integers(0, 1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + _ID_CHECKS[total % 11]

"""What was planted of copied reviews, of content and of actions."""

from __future__ import annotations

from ingestion.demo.catalogue.catalogue import ASPECTS, PRODUCTS
from ingestion.demo.simulation import Simulation
from ingestion.demo.texts.review_lines import NEGATIVE
from ingestion.demo.voices.amplification import ACTION_WINDOW, RELIEF_ASPECT, done_at
from ingestion.demo.world import DAY, NEVER
from tests.planted_truths.forms import Json, iso


def review_wave(simulation: Simulation) -> Json | None:
    """The near-copies; null in a world too short for them."""
    wave = simulation.wave
    if wave.empty:
        return None
    first = wave.iloc[0]
    return {
        "product_ref": PRODUCTS[int(first["product"])].code,
        "day": simulation.world.date_of(int(first["posted"]) // DAY).isoformat(),
        "first_at": iso(simulation.world, int(wave["posted"].min())),
        "last_at": iso(simulation.world, int(wave["posted"].max())),
        "reviews": [f"JDR{number:09d}" for number in wave["review"]],
    }


def content(simulation: Simulation) -> Json:
    """Pieces by generation from the review on; generation 0 is the loop."""
    pieces = simulation.studio.content
    real = pieces[pieces["generation"] > 0]
    return {
        "pieces": len(pieces),
        "roots": int(real.loc[real["generation"] == 1, "source"].nunique()),
        "generations": {str(g): len(rows) for g, rows in real.groupby("generation")},
        "reach": {str(g): int(rows["reach"].sum()) for g, rows in real.groupby("generation")},
        "loop": [f"CT{n:05d}" for n in pieces.loc[pieces["generation"] == 0, "content"]],
    }


def actions(simulation: Simulation) -> list[Json]:
    """The ledger as it stands on the last day."""
    world = simulation.world
    return [
        {
            "action_ref": f"ACT{row['action']:04d}",
            "insight_kind": row["insight_kind"],
            "insight_ref": row["insight_ref"],
            "created_at": iso(world, row["created"]),
            "due_at": iso(world, row["due"]),
            "done_at": iso(world, row["done"]),
            "status": "done"
            if row["done"] != NEVER
            else ("overdue" if row["due"] < world.end else "open"),
        }
        for row in simulation.studio.actions.to_dict("records")
        if row["created"] < world.end
    ]


def relief(simulation: Simulation) -> Json:
    """Own negative voices of the action's aspect, and all own ones, in the days around it."""
    frames = [simulation.reviews, simulation.mentions.query("brand == 0"), simulation.messages]
    day = done_at(simulation.world) // DAY
    counts = {"before": [0, 0], "after": [0, 0]}
    for frame in frames:
        passed = frame["posted"] // DAY - day
        is_complaint = (frame["aspect"] == RELIEF_ASPECT) & (frame["polarity"] == NEGATIVE)
        for side, is_near in (
            ("before", passed.between(-ACTION_WINDOW, -1)),
            ("after", passed.between(1, ACTION_WINDOW)),
        ):
            counts[side][0] += int((is_near & is_complaint).sum())
            counts[side][1] += int(is_near.sum())
    return {
        "aspect": ASPECTS[RELIEF_ASPECT],
        "done_at": iso(simulation.world, done_at(simulation.world)),
        "window_days": ACTION_WINDOW,
        **{f"{side}_complaints": pair[0] for side, pair in counts.items()},
        **{f"{side}_voices": pair[1] for side, pair in counts.items()},
    }

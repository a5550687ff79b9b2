"""What an analyst would use instead, run by a Python of its own: `python clv_peer.py FOLDER`.

The `lifetimes` package from the same orders to the same values: its summary of transactions, both fits
with its own defaults, P(alive), purchases of 365 days, spend. Reads `<FOLDER>/orders.parquet`, leaves
`peer.json` and `peer.parquet`; reading is not counted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd


def main(folder: Path) -> None:
    """Fit and value every customer of the sample."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet(folder / "orders.parquet")
    as_of = json.loads((folder / "as_of.json").read_text())
    seconds = {}
    start = time.perf_counter()
    summary = summary_data_from_transaction_data(
        orders, "customer_key", "purchased_on", "net_cny", observation_period_end=as_of
    )
    summary[["recency", "T"]] /= 7
    seconds["summary"] = time.perf_counter() - start

    start = time.perf_counter()
    buying = BetaGeoFitter().fit(summary["frequency"], summary["recency"], summary["T"])
    seconds["BG/NBD"] = time.perf_counter() - start

    start = time.perf_counter()
    repeaters = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    spending = GammaGammaFitter().fit(repeaters["frequency"], repeaters["monetary_value"])
    seconds["gamma-gamma"] = time.perf_counter() - start

    start = time.perf_counter()
    history = (summary["frequency"], summary["recency"], summary["T"])
    values = pd.DataFrame(
        {
            "customer_key": summary.index,
            "p_alive": buying.conditional_probability_alive(*history),
            "expected_orders_12m": buying.conditional_expected_number_of_purchases_up_to_time(
                365 / 7, *history
            ).to_numpy(),
            "expected_order_cny": spending.conditional_expected_average_profit(
                summary["frequency"], summary["monetary_value"]
            ).to_numpy(),
        }
    )
    # its own value of 12 months, month by month at a monthly discount rate
    values["value_12m_cny"] = spending.customer_lifetime_value(
        buying,
        *history,
        summary["monetary_value"],
        time=12,
        discount_rate=1.1 ** (1 / 12) - 1,
        freq="W",
    ).to_numpy()
    seconds["values"] = time.perf_counter() - start
    values.to_parquet(folder / "peer.parquet")
    parameters = {**buying.params_.to_dict(), **spending.params_.to_dict()}
    (folder / "peer.json").write_text(json.dumps({"seconds": seconds, "parameters": parameters}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Grain: one row per fit and distinct history: what is expected of the customers who have it."""

from dbt_project.estimators.lifetime_value import expect_purchases


def model(dbt, session):  # noqa: ANN001, ANN201  (dbt's own signature)
    """Expect purchases under the fits; SQL joins them back to the customers."""
    dbt.config(materialized="table")
    expected = expect_purchases(
        dbt.ref("int_clv_histories").arrow().read_all(),
        dbt.ref("int_clv_fits").arrow().read_all(),
        dbt.ref("int_clv_periods").arrow().read_all(),
        annual_discount_rate=float(dbt.config.meta_get("annual_discount_rate")),
    )
    # a reader: for a table dbt imports pyarrow.dataset and pandas, seconds in every refresh
    return expected.to_reader()

"""Grain: one row per fit of how often customers buy (BG/NBD) and what they spend (gamma-gamma)."""

from dbt_project.estimators.lifetime_value import fit_models


def model(dbt, session):  # noqa: ANN001, ANN201  (dbt's own signature)
    """Fit both models; see the estimators for them and their sources."""
    dbt.config(materialized="table")
    fitted = fit_models(
        dbt.ref("int_clv_histories").arrow().read_all(),
        dbt.ref("int_clv_spending").arrow().read_all(),
        dbt.ref("int_clv_periods").arrow().read_all(),
    )
    # a reader: for a table dbt imports pyarrow.dataset and pandas, seconds in every refresh
    return fitted.to_reader()

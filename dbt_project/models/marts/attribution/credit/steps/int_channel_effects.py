"""Grain: one row per dimension, goal, month, model and channel (or strategy)."""

from dbt_project.estimators.channel_effects import channel_effects


def model(dbt, session):  # noqa: ANN001, ANN201  (dbt's own signature)
    """Fit all months: a fit takes milliseconds, and the same counts give the same rows."""
    dbt.config(materialized="table")
    return channel_effects(
        dbt.ref("int_path_transitions").arrow().read_all(),
        dbt.ref("int_path_subsets").arrow().read_all(),
    )

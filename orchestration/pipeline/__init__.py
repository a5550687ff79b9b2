"""The steps of one refresh, without Dagster."""

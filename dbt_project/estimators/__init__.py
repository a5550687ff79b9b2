"""Estimators: what SQL cannot say well, fitted on aggregates that SQL has made.

One module a method: plain functions from arrays or Arrow tables to arrays or Arrow tables, that
read no database and know no model's name. The dbt models in Python (`models/**/*.py`) are the only
callers: they hand over what a `ref` holds and return the table that is to stand in its place.
"""

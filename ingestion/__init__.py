"""From channel exports to typed rows in DuckDB's `raw` schema.

Nothing here knows what is built from the rows: dbt meets this package only at `raw`.
"""

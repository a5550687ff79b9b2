"""The `raw` schema: its tables, its settings, and what dbt is told of them."""

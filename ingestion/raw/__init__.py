"""The `raw` schema: its tables, its settings, and the sources file that dbt reads."""

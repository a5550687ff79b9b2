"""The `raw` schema: its tables and settings, which row wins, and the sources that dbt reads."""

"""The published set in PostgreSQL, for BI tools that cannot open a DuckDB file.

PostgreSQL follows the pointer of the published folder: `sync.sync` compares what stands
there with what readers of the home see, and loads, swaps, swaps back or cleans up until they are
equal. Only this package imports psycopg.
"""

"""Superset dashboards as code: what `koubei superset bundle` writes.

`boards/` declares datasets, charts and dashboards in the words of the published tables; the modules
here turn them into the files that Superset's own export has, with ids that never change.
"""

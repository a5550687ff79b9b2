"""Everything that knows Dagster: assets, checks, jobs, resources, and a refresh as one run."""

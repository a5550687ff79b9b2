"""The dbt project: its manifest, and what a build printed."""

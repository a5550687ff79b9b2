"""`koubei explain`: from a KPI of the published set to what moved it, its rows, and their files."""

"""The report: one self-contained page in two languages, and the page that readers keep open."""

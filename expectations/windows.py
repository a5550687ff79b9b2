"""Which rows suites read, as SQL fragments. Only fragments that several suites share.

A suite of the landed stage reads what landed since the last successful build, not only the last
load: a load that was refused must not pass unseen with the next one. A row that a correction has
replaced is not read again, so a correction ends the refusal.
"""

# live rows of a raw feed that no successful build has taken in yet
LANDED = (
    "superseded_load_id is null "
    "and load_id > (select coalesce(max(builds.load_id), -1) from raw.builds as builds)"
)

# the day that the data run through
AS_OF = "(select max(export_date) from raw.files where outcome = 'landed')"

# a share or a mean over fewer rows says nothing
MINIMUM_ROWS = 30

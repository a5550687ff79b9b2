"""Which rows suites look at, as SQL fragments. Only fragments that several suites share.

A suite at the landed door looks at what landed since the last successful build, not only at the
last load: had a load been refused at this door, the next night's load must not carry it through
unseen. A row that a correction has replaced is not looked at again, so a correction opens the door.
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

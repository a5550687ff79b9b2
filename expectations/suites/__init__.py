"""One file per suite, named `<table>_<topic>.py`, holding one `SUITE`; found by being here."""

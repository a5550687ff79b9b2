"""Who may read a table that has just been made.

Tables keep their place from one publication to the next, and with it their rights and owner. A new
table gets what the schema's default privileges give, and is read by everybody who can read every
other table of its schema. One that had to be made anew gets what its predecessor had.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from orchestration.postgres.connection import Connection

# PUBLIC is role 0 in an access list
_GRANTEE = "case when acl.grantee = 0 then 'public' else quote_ident(grantee.rolname) end"
_OPTION = "case when acl.is_grantable then ' with grant option' else '' end"
_READERS = f"""
with here as (
    select oid, relnamespace from pg_catalog.pg_class where oid = %(table)s::text::regclass
),
others as (
    select c.oid, c.relacl, c.relowner from pg_catalog.pg_class c, here
    where c.relnamespace = here.relnamespace and c.relkind = 'r' and c.oid <> all(%(new)s::oid[])
)
select format('grant select on table %%s to %%s', %(table)s::text, {_GRANTEE})
from others, pg_catalog.aclexplode(relacl) acl
left join pg_catalog.pg_roles grantee on grantee.oid = acl.grantee
where acl.privilege_type = 'SELECT' and acl.grantee <> relowner
group by acl.grantee, grantee.rolname
having count(distinct others.oid) = (select count(*) from others)
"""
_CARRIED = f"""
with old as (
    select oid, relacl, relowner from pg_catalog.pg_class where oid = %(old)s::text::regclass
)
select 1, format('grant %%s on table %%s to %%s%%s', acl.privilege_type, %(new)s::text,
    {_GRANTEE}, {_OPTION})
from old, pg_catalog.aclexplode(relacl) acl
left join pg_catalog.pg_roles grantee on grantee.oid = acl.grantee
where acl.grantee <> relowner
union all
select 2, format('grant %%s (%%I) on table %%s to %%s%%s', acl.privilege_type, attname,
    %(new)s::text, {_GRANTEE}, {_OPTION})
from old join pg_catalog.pg_attribute on attrelid = oid and attacl is not null,
    pg_catalog.aclexplode(attacl) acl
left join pg_catalog.pg_roles grantee on grantee.oid = acl.grantee
where acl.grantee <> relowner and exists (
    select 1 from pg_catalog.pg_attribute new_column
    where new_column.attrelid = %(new)s::text::regclass
        and new_column.attname = pg_attribute.attname)
union all
select 3, format('alter table %%s owner to %%I', %(new)s::text, pg_get_userbyid(relowner))
from old where pg_get_userbyid(relowner) <> current_user
    -- an owner must be allowed to make tables here; else it stays with who made it
    and pg_catalog.has_schema_privilege(relowner, %(schema)s::text, 'CREATE')
order by 1
"""


def grant_readers(connection: Connection, tables: list[sql.Identifier]) -> None:
    """Grant new tables to the readers of their schemas' other tables."""
    names = [table.as_string(connection) for table in tables]
    new = [
        row[0]
        for row in connection.execute(
            "select name::regclass::oid from pg_catalog.unnest(%s::text[]) as name", [names]
        ).fetchall()
    ]
    for name in names:
        _do(connection, _READERS, {"table": name, "new": new})


def copy_grants(connection: Connection, schema: str, old: str, new: str) -> None:
    """Give a table the rights and the owner of the one that it takes the place of."""
    names = {
        "schema": schema,
        "old": sql.Identifier(schema, old).as_string(connection),
        "new": sql.Identifier(schema, new).as_string(connection),
    }
    _do(connection, _CARRIED, names)


def _do(connection: Connection, asking: str, names: Mapping[str, object]) -> None:
    rows = connection.execute(asking, names).fetchall()
    if rows:
        # the statements are made by the server from its own quoted names
        connection.execute("; ".join(row[-1] for row in rows).encode())

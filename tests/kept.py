"""A PostgreSQL database that is used again: what a test wrote is put back from a copy that is kept beside it.

Making a database takes the server longer than most tests run; putting a few rows back takes milliseconds.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, errors, sql

NOTICE = """
create schema kept;
create function kept.notice() returns trigger language plpgsql as
$$ begin perform nextval(format('kept.%I', tg_argv[0])); return null; end $$;
"""
TABLES = "select tablename from pg_tables where schemaname = 'public'"
WRITES = "select sequencename, last_value from pg_sequences where schemaname = 'kept'"
SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public'"
SHAPE = """
with own as (select oid, relname, relkind from pg_class where relnamespace = 'public'::regnamespace)
select md5(string_agg(part, ',' order by part)) from (
    select concat_ws(' ', relkind, oid, relname) from own
    union all select concat_ws(' ', 'a', attrelid, attnum, attname, atttypid, atttypmod, attnotnull)
        from pg_attribute join own on own.oid = attrelid where attnum > 0
    union all select concat_ws(' ', 'c', conrelid, conname) from pg_constraint join own on own.oid = conrelid
    union all select concat_ws(' ', 't', tgrelid, tgname, tgenabled) from pg_trigger join own on own.oid = tgrelid
) as parts (part)
"""


def keep(connection: Connection[Any]) -> None:
    """Keep a copy of every row, the state of every sequence and the shape of it all; notice every write from now on."""
    connection.execute(NOTICE)
    for (table,) in connection.execute(TABLES).fetchall():
        names = {"own": sql.Identifier("public", table), "copy": sql.Identifier("kept", table), "table": table}
        for statement in (
            "create table {copy} as table {own}",
            "create sequence {writes}",
            """create trigger kept after insert or update or delete or truncate on {own}
               for each statement execute function kept.notice({name})""",
        ):
            writes = f"writes {table}"
            connection.execute(
                sql.SQL(statement).format(**names, writes=sql.Identifier("kept", writes), name=sql.Literal(writes))
            )
    connection.execute(f"create table kept.sequences as {SEQUENCES}")
    connection.execute(f"create table kept.shape as {SHAPE}")
    connection.commit()


def writes(connection: Connection[Any]) -> dict[str, int]:
    """Return how often each table has been written to, transactions that were rolled back among them."""
    return {name.removeprefix("writes "): times or 0 for name, times in connection.execute(WRITES).fetchall()}


def put_back(connection: Connection[Any]) -> bool:
    """Put back what was written since it was kept, and the sequences; False where that cannot be done.

    It cannot where tables themselves were changed, and by a role that must not silence foreign keys.
    """
    if connection.execute(f"select ({SHAPE}) = md5 from kept.shape").fetchone() != (True,):
        return False
    try:
        connection.execute("set local session_replication_role = replica")  # no foreign key asks, and no trigger counts
    except errors.InsufficientPrivilege:
        connection.rollback()
        return False
    for table, times in writes(connection).items():
        if times:
            names = {"own": sql.Identifier("public", table), "copy": sql.Identifier("kept", table)}
            connection.execute(sql.SQL("delete from {own}").format(**names))
            connection.execute(sql.SQL("insert into {own} select * from {copy}").format(**names))
            connection.execute("select setval(format('kept.%%I', %s::text)::regclass, 1, false)", [f"writes {table}"])
    connection.execute(
        "select setval(format('public.%I', sequencename)::regclass, coalesce(k.last_value, 1), k.last_value is not null)"
        f" from kept.sequences as k join ({SEQUENCES}) as now using (sequencename)"
        " where now.last_value is distinct from k.last_value"
    )
    connection.commit()
    return True

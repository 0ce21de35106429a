"""A database as on a managed service: its owner is no superuser and installs; an application writes, an officer reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from conftest import Cluster, finder, small_pack
from motjuste.db import connection, install
from motjuste.db.connection import Connection
from motjuste.model import Pack

ROLES = ("mj_dba", "mj_app", "mj_dpo", "mj_other")
TABLES = """
    create schema crm;
    create table crm.client (id int primary key, note text);
    create table crm.visite (id int, note text) partition by range (id);
    create table crm.visite_1 partition of crm.visite for values from (0) to (10);
    grant usage on schema crm to mj_app;
    grant select, insert, update, delete on all tables in schema crm to mj_app;
"""

RULES = """
[[rule]]
id = "sante-alcool"
match = ["alcoolique", "alcoolisme"]
why = "Why."
examples = [{ bad = "Client [[alcoolique]]." }]
allowed = ["Rappeler lundi."]

[[rule]]
id = "sante-soin"
match = ["en cure"]
why = "Why."
examples = [{ bad = "Il est [[en cure]]." }]
allowed = ["Rappeler lundi."]
"""


class Managed(NamedTuple):
    """The DSN of its database for each role."""

    dba: str
    app: str
    dpo: str
    super: str
    pack: Pack

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """The owner's session, as our commands make it."""
        with connection.connect(self.dba) as conn:
            yield conn


@contextmanager
def managed(cluster: Cluster, before: str = "") -> Iterator[Managed]:
    """Such a database with motjuste and a few rules; `before` is run by its owner first."""
    pack = small_pack(RULES, rewritten=False)
    name = cluster.create("C")
    above = cluster.server.dsn(name)
    try:
        with psycopg.connect(above, autocommit=True) as conn:
            for role in ROLES:
                conn.execute(
                    f"do $$ begin create role {role} login; exception when duplicate_object then null; end $$".encode()
                )
            conn.execute(sql.SQL("alter database {} owner to mj_dba").format(sql.Identifier(name)))
            conn.execute("grant set on parameter session_replication_role to mj_app")
            conn.execute("grant mj_dba to current_user")  # a superuser says that it owns motjuste
        dba, app, dpo = (make_conninfo(above, user=role) for role in ROLES[:3])
        with connection.connect(dba) as conn:
            conn.execute((TABLES + before).encode())
            install.install(conn, finder(pack))
        yield Managed(dba, app, dpo, above, pack)
    finally:
        with psycopg.connect(above, autocommit=True) as conn:
            conn.execute("revoke set on parameter session_replication_role from mj_app")
        cluster.drop(name)

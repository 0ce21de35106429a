"""Time and memory of `motjuste check`: 1,000 migration files, and a dump of 60,000 lines, each in a process of its own.

python tests/bench/bench_check.py [--files 1000] [--lines 60000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMN = "    {name} {kind} {rest}"
KINDS = (
    "text",
    "character varying(255)",
    "integer",
    "timestamp with time zone",
    "numeric(10,2)",
    "jsonb",
    "boolean",
)


def migration(n: int) -> str:
    """One of a history's files: tables, changes, a view, and blocks as migrations write them."""
    t, old = f"app_table_{n:04d}", f"app_table_{max(n - 7, 0):04d}"
    return (
        f"""-- migration {n}
create table {t} (
    id bigserial primary key,
    parent_id bigint references {old} (id) on delete cascade,
    title varchar(200) not null default '',
    notes text,
    state text check (state in ('open', 'closed')),
    data jsonb not null default '{{}}'::jsonb,
    created_at timestamptz not null default now()
);
create index {t}_title on {t} (title);
comment on column {t}.notes is 'free text';
alter table {old} add column if not exists remark_{n} text, alter column title type varchar(300);
do $$ begin
    if not exists (select 1 from information_schema.columns where table_name = '{t}' and column_name = 'extra') then
        alter table {t} add column extra text;
    end if;
end $$;
do $$ declare x text; begin
    foreach x in array array['{t}', '{old}'] loop execute format('alter table %I enable row level security', x); end loop;
end $$;
create view {t}_view as select a.id, a.title, b.notes as parent_notes, count(*) over () as n from {t} a left join {old} b on b.id = a.parent_id;
insert into {t} (title, notes) values ('a', 'it''s; a note'), ('b', null);
"""
        if n
        else "create table app_table_0000 (id bigserial primary key, title varchar(200), notes text);\n"
    )


def dump(lines: int) -> str:
    """A schema as pg_dump writes it, of so many lines."""
    parts = [
        "-- PostgreSQL database dump\nSET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n"
    ]
    count, n = 5, 0
    while count < lines:
        columns = ",\n".join(f"    col_{i} {KINDS[i % len(KINDS)]}" for i in range(20))
        part = f"""
--
-- Name: t_{n}; Type: TABLE; Schema: public; Owner: app
--

CREATE TABLE public.t_{n} (
    id bigint NOT NULL,
{columns},
    notes text,
    CONSTRAINT t_{n}_check CHECK ((col_2 > 0))
);


ALTER TABLE public.t_{n} OWNER TO app;

CREATE SEQUENCE public.t_{n}_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;

ALTER SEQUENCE public.t_{n}_id_seq OWNED BY public.t_{n}.id;

ALTER TABLE ONLY public.t_{n} ALTER COLUMN id SET DEFAULT nextval('public.t_{n}_id_seq'::regclass);

ALTER TABLE ONLY public.t_{n}
    ADD CONSTRAINT t_{n}_pkey PRIMARY KEY (id);

CREATE INDEX t_{n}_col ON public.t_{n} USING btree (col_1, col_3);

ALTER TABLE ONLY public.t_{n}
    ADD CONSTRAINT t_{n}_fk FOREIGN KEY (col_2) REFERENCES public.t_{max(n - 1, 0)}(id) ON DELETE CASCADE;
"""
        parts.append(part)
        count += part.count("\n")
        n += 1
    return "".join(parts)


def measured(folder: Path, *arguments: str) -> None:
    """Run the check, and print its seconds and its largest memory."""
    start = time.perf_counter()
    with folder.joinpath("out.json").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "motjuste", "check", *arguments, "--format", "json"],
            cwd=folder,
            stdout=out,
            stderr=subprocess.PIPE,
        )
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    assert process.stderr is not None
    said = process.stderr.read().decode().splitlines()
    code = os.waitstatus_to_exitcode(status)
    print(
        f"{arguments[0]}: exit {code}, {wall:.1f} s wall, {used.ru_utime + used.ru_stime:.1f} s CPU, {used.ru_maxrss // 1024} MB; {said[0]}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=60_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("migrations").mkdir()
        for n in range(given.files):
            folder.joinpath("migrations", f"{n:05d}_step.sql").write_text(migration(n), encoding="utf-8")
        folder.joinpath("dump.sql").write_text(dump(given.lines), encoding="utf-8")
        measured(folder, "migrations")
        measured(folder, "dump.sql")


if __name__ == "__main__":
    main()

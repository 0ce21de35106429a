"""What the least that a check must do costs, in triggers of the same kind as ours: beneath it no check in SQL can go."""

from __future__ import annotations

import psycopg

# each over the rows that a statement wrote
FLOORS = {
    "rows only": "count(*)",
    "lower and split": """sum(cardinality(string_to_array(lower(note collate "C"), ' ')))""",
    "fold and words": "sum(cardinality(string_to_array(motjuste.fold(note), ' ')))",
}


def watch(conn: psycopg.Connection, table: str, floor: str) -> None:
    """A statement trigger on a table that does this with its notes and no more."""
    conn.execute(f"""
        create function {table}_floor() returns trigger language plpgsql set jit = off as $$
        begin
            perform {FLOORS[floor]} from new_rows;
            return null;
        end $$;
        create trigger floor after insert on {table} referencing new table as new_rows
            for each statement execute function {table}_floor();
    """)


def settings(folder: str) -> tuple[str, ...]:
    """The settings of a server (18) that finds the extension that `motjuste kernel build --output FOLDER` made; default durability."""
    if not folder:
        return ()
    return (
        "-c", rf"extension_control_path={folder}/share:\$system", "-c", rf"dynamic_library_path={folder}/lib:\$libdir",
    )  # fmt: skip


def extend(conn: psycopg.Connection, folder: str) -> None:
    """Create the extension where there is one: `install` uses it."""
    if folder:
        conn.execute("create extension motjuste_kernel")

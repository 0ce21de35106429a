"""Through a pooler: what a command sets for its session never stays with the application's."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from conftest import Cluster
from motjuste.db import connection
from motjuste.errors import DatabaseError
from pooler import pooled

pytestmark = pytest.mark.few_rules

LEFT = "select current_setting('jit'), current_setting('DateStyle')"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("p")  # a socket's name has room for some hundred letters


def test_a_session_that_others_share_is_not_used(cluster: Cluster, dsn: str, folder: Path) -> None:
    with pooled(folder, cluster.server.folder, shared=True) as where:
        through = dsn.replace(str(cluster.server.folder), str(where))
        with psycopg.connect(through, autocommit=True) as application:
            application.execute("set DateStyle = 'SQL, DMY'; set jit = on")
            with (
                pytest.raises(
                    DatabaseError, match="gives the sessions of this connection to others"
                ) as caught,
                connection.connect(through),
            ):
                pass
            assert "session mode" in caught.value.hint
            assert application.execute(LEFT).fetchone() == ("on", "SQL, DMY")


def test_a_session_of_one_s_own_is_used(
    cluster: Cluster, dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool has no other session left: whoever asks for one waits."""
    monkeypatch.setattr(connection, "PROBE", 0.2)
    with (
        pooled(folder, cluster.server.folder, shared=False) as where,
        connection.connect(dsn.replace(str(cluster.server.folder), str(where))) as conn,
    ):
        assert conn.execute(LEFT).fetchone() == ("off", "ISO, YMD")

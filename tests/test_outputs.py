"""Where output goes: devices and pipes written through, links followed, a file replaced only where it is as we left it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flow import Bench
from motjuste.errors import ConfigError
from motjuste.files import private

GUIDE = ["guide", "--format", "markdown", "--questions", "0"]
FORCE = "not as motjuste left it"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def motjuste(*args: str, shell: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a process, `shell` after it: a redirection."""
    if shell:
        command = ["bash", "-c", f'exec "$@" {shell}', "bash", sys.executable, "-m", "motjuste", *args]
    else:
        command = [sys.executable, "-m", "motjuste", *args]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def guided(*args: str, shell: str = "") -> subprocess.CompletedProcess[str]:
    return motjuste(*GUIDE, *args, shell=shell)


# -- devices, pipes, links ---------------------------------------------------------------------------------
# Devices are reached by links of the test's own: a command that renames over them spoils no machine.


def test_a_device_is_written_through(tmp_path: Path) -> None:
    for device in ("/dev/full", "/dev/null"):
        Path("device").symlink_to(device)
        done = guided("--output", "device")
        assert os.readlink("device") == device  # noqa: PTH115
        assert done.returncode == (2 if device == "/dev/full" else 0)
        assert ("No space left on device" in done.stderr) == (device == "/dev/full")
        assert "Traceback" not in done.stderr
        Path("device").unlink()
    assert {f.name for f in tmp_path.iterdir()} <= {"state"}


def test_standard_output_by_each_of_its_names(tmp_path: Path) -> None:
    plain = guided().stdout
    assert plain.startswith("#") or "\n#" in plain
    Path("out").symlink_to("/dev/stdout")
    Path("log").write_text("what was there\n", encoding="utf-8")
    assert guided("--output", "-").stdout == plain
    assert guided("--output", "out").stdout == plain
    assert guided("--output", "out", shell="> taken").returncode == 0
    assert Path("taken").read_text(encoding="utf-8") == plain
    assert guided("--output", "out", shell=">> log").returncode == 0
    assert Path("log").read_text(encoding="utf-8") == "what was there\n" + plain
    assert guided("--output", "/dev/fd/7", shell="7>> log").returncode == 0
    assert Path("log").read_text(encoding="utf-8") == "what was there\n" + plain + plain
    Path("link").symlink_to("/dev/fd/7")
    assert guided("--output", "link", shell="7> >(cat > piped; echo >> piped); wait").returncode == 0
    assert Path("out").is_symlink() and Path("link").is_symlink() and not (tmp_path / "-").exists()


def test_a_pipe_is_written_through_also_where_nobody_reads_on() -> None:
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text(encoding="utf-8")))
    reader.start()
    done = guided("--output", "pipe")
    reader.join()
    assert done.returncode == 0 and read == [guided().stdout]
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    reader = threading.Thread(target=lambda: Path("pipe").open("rb").close())
    reader.start()
    done = guided("--output", "pipe")
    reader.join()
    assert done.returncode == 0 and done.stderr == ""


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    Path("link").symlink_to("far/second")
    Path("far/second").symlink_to("../report.md")  # where nothing is yet
    assert guided("--output", "link").returncode == 0
    assert Path("link").is_symlink() and Path("far/second").is_symlink()
    assert stat.S_IMODE(Path("report.md").lstat().st_mode) == 0o600
    assert Path("report.md").read_text(encoding="utf-8") == guided().stdout
    assert guided("--output", "link").returncode == 0
    Path("mine").write_text("mine", encoding="utf-8")
    Path("link").unlink()
    Path("link").symlink_to("mine")
    done = guided("--output", "link")
    assert done.returncode == 2 and FORCE in done.stderr
    assert Path("mine").read_text(encoding="utf-8") == "mine"
    Path("round").symlink_to("round")
    assert guided("--output", "round").returncode == 2 and Path("round").is_symlink()


def test_a_link_that_another_user_planted_is_no_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = (
        Path("/tmp") / f"motjuste-test-{os.getpid()}"
    )  # a folder of the superuser's, where everybody may make links
    link.symlink_to(tmp_path / "target")
    try:
        if os.geteuid() == 0:
            os.lchown(link, 65534, -1)
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        with pytest.raises(ConfigError, match="another user"):
            private.write(link, "x", force=True)
    finally:
        link.unlink()
    assert not (tmp_path / "target").exists()


# -- files -------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_where_it_is_as_we_left_it() -> None:
    file = Path("guide.md")
    file.touch()  # as mktemp makes it: nothing to lose
    assert guided("--output", "guide.md").returncode == 0
    assert guided("--output", "guide.md").returncode == 0
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "one line of mine\n", encoding="utf-8")
    done = guided("--output", "guide.md")
    assert done.returncode == 2 and FORCE in done.stderr and "--force" in done.stderr
    assert file.read_text(encoding="utf-8") == text + "one line of mine\n"
    assert guided("--output", "guide.md", "--force").returncode == 0
    assert file.read_text(encoding="utf-8") == text
    assert guided("--output", "guide.md").returncode == 0


def test_a_file_of_the_same_length_is_another_one() -> None:
    private.write(Path("a"), "abc")
    Path("a").unlink()
    Path("a").write_text("abc", encoding="utf-8")
    with pytest.raises(ConfigError, match=FORCE):
        private.write(Path("a"), "def")


def test_no_home_to_remember_in_means_no_file_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME")
    private.write(Path("a"), "abc")
    with pytest.raises(ConfigError, match=FORCE):
        private.write(Path("a"), "def")
    private.write(Path("a"), "def", force=True)
    assert Path("a").read_text(encoding="utf-8") == "def"


def test_of_several_files_all_are_replaced_or_none() -> None:
    private.write(Path("one"), "1")
    with pytest.raises(ConfigError, match=FORCE), private.drafts() as draft:
        draft(Path("one"), ["new"])
        draft(Path("two"), ["new"])
        Path("two").write_text("came meanwhile", encoding="utf-8")
    assert Path("one").read_text(encoding="utf-8") == "1"
    assert Path("two").read_text(encoding="utf-8") == "came meanwhile"
    assert not list(Path().glob(".*.*"))


def test_what_is_shared_keeps_its_rights() -> None:
    mask = os.umask(0)
    os.umask(mask)
    private.write(Path("a"), "1", shared=True)
    assert stat.S_IMODE(Path("a").stat().st_mode) == 0o666 & ~mask
    Path("a").chmod(0o640)
    private.write(Path("a"), "2", shared=True, force=True)
    assert stat.S_IMODE(Path("a").stat().st_mode) == 0o640


def test_the_officers_pages_replace_no_page_of_hers() -> None:
    index = Path("regles/index.md")
    index.parent.mkdir()
    index.write_text("mine", encoding="utf-8")
    done = motjuste("rules", "pages", "--output", "regles")
    assert done.returncode == 2 and FORCE in done.stderr
    assert index.read_text(encoding="utf-8") == "mine" and len(list(index.parent.iterdir())) == 1


# -- sheets, copies, findings: what people fill in ----------------------------------------------------------


def filled(file: Path) -> str:
    """Add something to a file, as a person does; what it holds then."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write("\n")
    return file.read_text(encoding="utf-8")


def test_a_sheet_that_is_being_filled_in_is_not_replaced(client: Bench) -> None:
    assert client.run("scan", "client.note").code == 1
    for command, sheets in (
        (["review", "export", "a.csv"], ["a.csv"]),
        (["sample", "--column", "client.note", "--output", "b.html"], ["b.html", "b.csv"]),
        (["sample", "--column", "client.note", "--output", "c.csv"], ["c.csv"]),
        (["report", "--output", "d.html"], ["d.html"]),
    ):
        assert client.run(*command).code == 0
        assert client.run(*command).code == 0  # as it was left
        for sheet in sheets:
            kept = filled(Path(sheet))
            drawn = client.one("select count(*) from motjuste.sample")
            done = client.run(*command)
            assert done.code == 2 and FORCE in done.output
            assert Path(sheet).read_text(encoding="utf-8") == kept
            assert client.one("select count(*) from motjuste.sample") == drawn
            assert client.run(*command, "--force").code == 0
            assert Path(sheet).read_text(encoding="utf-8") != kept


def test_a_sample_whose_sheet_cannot_be_written_is_not_kept(client: Bench) -> None:
    Path("full").symlink_to("/dev/full")
    done = client.run("sample", "--column", "client.note", "--output", "full")
    assert done.code == 2 and "No space left" in done.output
    assert client.one("select count(*) from motjuste.sample") == 0
    done = client.run("sample", "--column", "client.note", "--output", "-")
    assert done.code == 0 and "Client alcoolique" in done.output
    assert client.one("select count(*) from motjuste.sample") == 1


def test_an_access_copy_that_was_edited_is_not_replaced(client: Bench) -> None:
    command = ["access", "--subject", "client=1", "--output", "copy"]
    client.conn.execute(
        "create table visite (id int primary key, client_id int references client, note text)"
    )
    client.conn.execute("insert into visite values (1, 1, 'Rappeler.')")
    assert client.run(*command).code == 0
    assert client.run(*command).code == 0
    kept = filled(Path("copy/acces.html"))
    done = client.run(*command)
    assert done.code == 2 and FORCE in done.output
    assert Path("copy/acces.html").read_text(encoding="utf-8") == kept
    Path("mine.jsonl").write_text("mine", encoding="utf-8")
    done = client.run(*command, "--force", "--erase", "mine.jsonl")
    assert done.code == 0
    Path("mine.jsonl").write_text("mine", encoding="utf-8")
    done = client.run("access", "--subject", "client=1", "--output", "copy2", "--erase", "mine.jsonl")
    assert done.code == 2 and FORCE in done.output and not Path("copy2").exists()
    assert Path("mine.jsonl").read_text(encoding="utf-8") == "mine"


def test_findings_are_not_scanned_into_what_cannot_keep_them(client: Bench) -> None:
    command = ["scan", "client.note", "--output", "found.jsonl"]
    assert client.run(*command).code == 1
    assert client.run(*command).code == 1
    kept = filled(Path("found.jsonl"))
    done = client.run(*command)
    assert done.code == 2 and FORCE in done.output
    assert Path("found.jsonl").read_text(encoding="utf-8") == kept
    assert client.run(*command, "--force").code == 1
    Path("null").symlink_to("/dev/null")
    for name in ("null", "-"):
        done = client.run("scan", "client.note", "--output", name)
        assert done.code == 2 and "is no file" in done.output
    assert Path("null").is_symlink() and not Path("null.key").exists() and not Path("-").exists()


def test_decisions_go_where_their_link_leads(client: Bench) -> None:
    assert client.run("scan", "client.note").code == 1
    Path("far").mkdir()
    client.decisions.symlink_to("far/kept.jsonl")
    assert client.review("--accept-all").code == 0
    assert (
        client.decisions.is_symlink() and Path("far/kept.jsonl").read_text(encoding="utf-8").count("\n") == 3
    )
    Path("null").symlink_to("/dev/null")
    done = client.run("review", "--decisions", "null", "--accept-all")
    assert done.code == 2 and "is no file" in done.output

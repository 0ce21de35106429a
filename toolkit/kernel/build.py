"""Builds motjuste._kernel with the compiler of this Python.

python toolkit/kernel/build.py [FOLDER]   into the package of this checkout, or a folder (make kernel)
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
NAME = "_kernel.abi3.so"
SOURCES = ("kernel.c", "python.c")
FLAGS = (
    "-std=c11",
    "-O2",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Wno-missing-field-initializers",
)


class NotBuilt(Exception):
    """There is no compiler, or it failed; says why in one line."""


def build(folder: Path, *flags: str) -> Path:
    """The module, built into a folder. `flags` are for the compiler besides. Raises NotBuilt."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if os.name != "posix" or shutil.which(compiler[0]) is None:
        raise NotBuilt(f"there is no C compiler {compiler[0]}")
    found = folder / NAME
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    include = sysconfig.get_paths()["include"]
    sources = [str(HERE / source) for source in SOURCES]
    command = [*compiler, *FLAGS, *flags, *shared, f"-I{include}", *sources, "-o", str(found)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
        raise NotBuilt(f"{compiler[0]} failed: {told[0].strip()}")
    if done.stderr:
        print(done.stderr, file=sys.stderr)
    return found


def main() -> int:
    """Build into the checkout, or the folder that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "motjuste"
    try:
        print(f"built {build(folder).name}")
    except NotBuilt as exc:
        print(f"the kernel is not built: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

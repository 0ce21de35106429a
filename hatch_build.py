"""Puts the program of the shipped rules and their tables into the wheel, so that nothing is compiled where it is installed; and the kernel in C.

Where there is no C compiler, the wheel is built without the kernel, and says so. MOTJUSTE_KERNEL=require demands it, =none leaves it out.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LANGUAGES = ("fr",)
# of toolkit/kernel: what `motjuste kernel build` makes the extension for PostgreSQL of
EXTENSION = (
    "Makefile", "README.md", "Dockerfile", "characters.h", "kernel.c", "kernel.h", "postgres.c", "motjuste_kernel.control", "motjuste_kernel--1.sql",
)  # fmt: skip


class ProgramHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles each language's rules with the modules of this source tree, or takes what they compiled before from the cache."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `motjuste/built/<language>.program`, `.rows` and `motjuste/_kernel.abi3.so`; a checkout that is installed editable does without."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "toolkit")))
        from motjuste import assets  # needs nothing that is installed
        from motjuste.db import contents

        self._folder = tempfile.TemporaryDirectory(prefix="motjuste-")
        for language in LANGUAGES:
            file = Path(self._folder.name, f"{language}.program")
            file.write_bytes(assets.shipped_program(language).content)
            build_data["force_include"][str(file)] = f"motjuste/built/{language}.program"
            rows = file.with_suffix(".rows")
            rows.write_bytes(contents.stored(assets.matcher(language)))
            build_data["force_include"][str(rows)] = f"motjuste/built/{rows.name}"
        for name in EXTENSION:
            build_data["force_include"][str(Path(self.root, "toolkit", "kernel", name))] = (
                f"motjuste/kernel/{name}"
            )
        self._add_kernel(build_data)

    def _add_kernel(self, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("MOTJUSTE_KERNEL", "")
        if wanted == "none":
            return
        sys.path.insert(0, str(Path(self.root, "toolkit", "kernel")))
        import build

        try:
            file = build.build(Path(self._folder.name))
        except build.NotBuilt as exc:
            if wanted == "require":
                raise
            self.app.display_warning(f"motjuste is built without its kernel in C, and will be slower: {exc}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["force_include"][str(file)] = f"motjuste/{build.NAME}"
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the temporary files away."""
        if version != "editable":
            self._folder.cleanup()

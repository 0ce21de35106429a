"""Puts the program of the shipped rules into the wheel: nothing is compiled where it is installed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LANGUAGES = ("fr",)


class ProgramHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles each language's rules with the modules of this source tree, or takes what they compiled before from the cache."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `motjuste/built/<language>.program`; a checkout that is installed editable compiles when it is first asked."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "toolkit")))
        from motjuste import assets  # needs nothing that is installed

        self._folder = tempfile.TemporaryDirectory(prefix="motjuste-")
        for language in LANGUAGES:
            file = Path(self._folder.name, f"{language}.program")
            file.write_bytes(assets.shipped_program(language).content)
            build_data["force_include"][str(file)] = f"motjuste/built/{language}.program"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the temporary files away."""
        if version != "editable":
            self._folder.cleanup()

"""Builds the compiled event-stream decoder into a wheel, on request.

`HATCH_BUILD_HOOK_ENABLE_CUSTOM=true` requests it. Without it, wheels are pure Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULE = "runs_core.wire.compiled"
SOURCE = "runs_core/wire/compiled.pyx"
STUB = "runs_core/wire/compiled.pyi"


class CompiledDecoder(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        return ["cython>=3.1", "setuptools>=77"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile beside the source, where an editable install finds it too."""
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension

        modules = cythonize([Extension(MODULE, [SOURCE])], build_dir="build/compiled")
        build = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        build.inplace = True
        build.build_temp = "build/compiled"
        build.ensure_finalized()
        build.run()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        root, built = Path(self.root).resolve(), Path(build.get_ext_fullpath(MODULE))
        inside = built.resolve().relative_to(root)
        build_data["artifacts"] += [f"/{inside.as_posix()}", f"/{STUB}"]

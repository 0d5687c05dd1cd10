# SPDX-License-Identifier: MIT
"""LLVM text to machine code in this process, with the object code kept for the next time."""

from __future__ import annotations

import functools
from typing import Any

import llvmlite.binding as llvm

__all__ = ["Native", "compile_alone", "compile_object", "host"]


@functools.cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _target(level: int, model: str = "jitdefault") -> Any:
    """Return a new target machine: an execution engine takes the one it is given with it."""
    _initialize()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=level,
        reloc="default" if model == "jitdefault" else "pic",
        codemodel=model,
        jit=True,
    )


def host() -> str:
    """Return what object code depends on besides its text."""
    return f"{llvm.llvm_version_info} {llvm.get_host_cpu_name()}"


def compile_alone(text: str) -> bytes:
    """Return the object code of LLVM text that refers to nothing outside, compiled fast."""
    code = _compiled(text, 0, "small")
    sections = {section.name() for section in llvm.ObjectFileRef.from_data(code).sections()}
    assert b".rela.text" not in sections, "small code may be loaded far from what it refers to"
    return code


def compile_object(text: str, *, level: int) -> bytes:
    """Return the object code of LLVM text; `level` 0 compiles fast, 2 makes fast code."""
    return _compiled(text, level)


def _compiled(text: str, level: int, model: str = "jitdefault") -> bytes:
    machine = _target(level, model)
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    if level:
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        options.slp_vectorization = False
        options.loop_vectorization = False
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


class Native:
    """Object code loaded into this process; its functions live as long as this object."""

    def __init__(self, *objects: bytes) -> None:
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target(0))
        for code in objects:
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Return the address of a function."""
        found: int = self.engine.get_function_address(name)
        assert found, name
        return found

    def variable(self, name: str) -> int:
        """Return the address of a global variable."""
        found: int = self.engine.get_global_value_address(name)
        assert found, name
        return found

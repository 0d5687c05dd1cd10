# SPDX-License-Identifier: MIT
"""What is said about requests that the packaged model cannot meet, word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from shootdown import api
from shootdown.errors import InputError
from tests.programs import MODEL, WORDS, compile_text


def refused(
    *, kernels: Sequence[str], without: Sequence[str] = (), bounds: Mapping[str, int] | None = None
) -> str:
    with pytest.raises(InputError) as caught:
        list(api.check(["zap+mkclean"], kernels=kernels, without=without, bounds=bounds))
    return str(caught.value)


def test_unknown_kernel() -> None:
    assert refused(kernels=["v9.9"]) == snapshot("""\
kernel v9.9 is not modelled: v2.6.39 to v6.18 are
help: see `shootdown list kernels`\
""")


def test_no_release() -> None:
    assert refused(kernels=["newest"]) == snapshot("""\
'newest' is not a release
help: write it as v3.14; see `shootdown list kernels`\
""")


def test_unknown_feature_before_which() -> None:
    assert refused(kernels=["tlb_flush_spilt^"]) == snapshot("""\
unknown feature 'tlb_flush_spilt' (did you mean 'tlb_flush_split'?)
help: see `shootdown list features`\
""")


def test_unknown_feature_left_out() -> None:
    assert refused(kernels=["v3.15"], without=["tlb_flush_spilt"]) == snapshot("""\
unknown feature 'tlb_flush_spilt' (did you mean 'tlb_flush_split'?)
help: see `shootdown list features`\
""")


def test_feature_that_others_require() -> None:
    assert refused(kernels=["v3.6"], without=["x86_call_function_ipi"]) == snapshot("""\
v3.6 cannot do without x86_call_function_ipi: x86_flush_range require it
help: leave those out as well, or use --kernel x86_call_function_ipi^\
""")


def test_feature_that_is_not_there() -> None:
    assert refused(kernels=["v3.0"], without=["tlb_flush_split"]) == snapshot("""\
v3.0 does not have tlb_flush_split (v3.15)
help: leave out --without tlb_flush_split, or choose a newer kernel\
""")


def test_unknown_bound_of_the_command_line() -> None:
    assert refused(kernels=["v3.15"], bounds={"NR_PAGE": 2}) == snapshot("""\
unknown bound or option 'NR_PAGE' (did you mean 'NR_PAGES'?)
help: see docs/reference/bounds.md\
""")


def test_unknown_scenario() -> None:
    with pytest.raises(InputError) as caught:
        list(api.check(["zap+mkclena"]))
    assert str(caught.value) == snapshot("""\
no scenario is called 'zap+mkclena' (did you mean 'zap+mkclean'?)
help: see `shootdown list scenarios`, or give the path of a .py file\
""")


def test_verdict_at_an_unknown_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = api.show("zap+alone").replace("since(", 'at("tlb_flush_spilt^", holds()),\n    since(')
    Path("my.py").write_text(text.replace("import", "import at,", 1), "utf-8")
    with pytest.raises(InputError) as caught:
        list(api.check(["my.py"], kernels=["v3.15"]))
    assert str(caught.value) == snapshot("""\
unknown feature 'tlb_flush_spilt' (did you mean 'tlb_flush_split'?)
help: see `shootdown list features`\
""")


def test_patch_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "from shootdown.lang import kernel\n\n@kernel\ndef zap_pte_rang() -> None:\n    pass\n"
    Path("my_zap.py").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        list(api.check_patch(["my_zap.py"], ["zap+mkclean"]))
    assert str(caught.value) == snapshot("""\
my_zap.py: no function in it has the name of a kernel function (did you mean 'zap_pte_range'?)
help: start from `shootdown show zap_pte_range > my_zap.py`\
""")


def test_unknown_name_in_model_code() -> None:
    text = """
from shootdown.hw.cpu import may_rnu

@task(cpu=0)
def main() -> None:
    may_rnu()
"""
    with pytest.raises(InputError) as caught:
        compile_text(text + 'NAME = "test"\n' + WORDS, roots=MODEL)
    assert str(caught.value) == snapshot("""\
s.py:1:1: error[SD004]: shootdown.hw.cpu has no name 'may_rnu' (did you mean 'may_run'?)
    1 | from shootdown.hw.cpu import may_rnu
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: import the name from the module that defines it\
""")

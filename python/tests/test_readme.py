"""The Python lines of the README and of the page on testing run as they stand, but for the account in them."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ants_otp import Client
    from ants_otp.testing import Sandbox

SOURCE = Path(__file__).resolve().parents[1]
README = (SOURCE / "README.md").read_text()
PAGE = (SOURCE.parent / "docs" / "python-testing.md").read_text()
BLOCKS = re.findall(r"^```python\n(.+?)^```", README + PAGE, re.MULTILINE | re.DOTALL)
ACCOUNT = '"user", "password", otc_id="0DC8E7AD-0168-440C-AF10-BF556B164D83"'
PRINTED = ["verified\n", "True\n", "", "", "", "", "", "", "", "", "", ""]


@pytest.mark.parametrize("number", range(len(PRINTED)))
def test_the_lines_run(
    otp_sandbox: Sandbox,
    otp_client: Client,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(BLOCKS) == len(PRINTED)
    for library in ("trio", "tenacity", "celery"):
        if re.search(rf"^(import|from) {library}\b", BLOCKS[number], re.MULTILINE):
            pytest.importorskip(library)
    monkeypatch.setattr(builtins, "input", lambda _: otp_sandbox.last_code("081-234-5678"))
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[number].replace(ACCOUNT, ""), "README.md", "exec"), names)  # noqa: S102 - our own lines
    for name, function in names.items():
        if name.startswith("test_"):
            function(otp_sandbox, otp_client)
    assert capsys.readouterr().out == PRINTED[number]

"""The installed tree that all tests here use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .tools import make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed tree, moved."""
    folder = tmp_path_factory.mktemp("install")
    make("install", f"PREFIX={folder}/first place")
    return (folder / "first place").rename(folder / "moved")

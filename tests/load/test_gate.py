from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.load.gate import Gate


def test_all_get_the_same_moment(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        arrived = [pool.submit(Gate(tmp_path).arrive, name) for name in "abc"]
        Gate(tmp_path).await_all(list("abc"))
        start = Gate(tmp_path).open()
        assert {future.result(timeout=60) for future in arrived} == {start}


def test_who_did_not_come_is_named(tmp_path: Path) -> None:
    (tmp_path / "ready-a").touch()
    with pytest.raises(TimeoutError, match="b"):
        Gate(tmp_path).await_all(["a", "b"], timeout_s=0.05)

"""`result.show()` in a real kernel: the consensus view as a widget."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
from swarmboard import run
result = run("jury", agents=9, trials=4, trials_per_round=2, board="memory://", out={out!r})
shown = result.show()
field = shown.children[3]
bar = shown.children[1]
before = field.label
bar.position = 0
print(before != field.label, field.label[:8], bar.count)
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Any]:
    """A kernel of its own process."""
    manager = pytest.importorskip("jupyter_client.manager")
    started, client = manager.start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    yield client
    client.stop_channels()
    started.shutdown_kernel(now=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_shows_the_consensus_view_and_its_slider_moves_it(
    kernel: Any, tmp_path: Path
) -> None:
    heard: list[dict[str, Any]] = []

    for code in (PROGRAM.format(out=str(tmp_path / "run")), "shown"):
        kernel.execute_interactive(code, output_hook=heard.append, timeout=60)

    printed = "".join(m["content"]["text"] for m in heard if m["msg_type"] == "stream")
    results = [m["content"]["data"] for m in heard if m["msg_type"] == "execute_result"]
    assert printed == "True 9 agents 2\n"
    assert "application/vnd.jupyter.widget-view+json" in results[0]

"""A third party's server answers, too: litellm's own proxy, where its extra is installed."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from agents import Prompt, Request, TierConfig, innermost
from agents.llm.replies import Decision, read_reply
from agents.llm.wording import RULES

NEEDED = ("fastapi", "orjson", "backoff", "apscheduler", "uvicorn")
START_S = 90.0
REPLY = {"reasoning": "The proxy says so.", "vote": "north", "confidence": 0.9}
CONFIG = """\
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/any
      api_key: none
      mock_response: '{reply}'
"""

for package in NEEDED:
    pytest.importorskip(package, reason="litellm's proxy extra is not installed")


@pytest.fixture
def proxy_url(tmp_path: Path) -> Iterator[str]:
    """Run `litellm --config FILE` on a port of its own."""
    config = tmp_path / "proxy.yaml"
    config.write_text(CONFIG.format(reply=json.dumps(REPLY)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start = "from litellm import run_server; run_server()"
    words = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with (
        (tmp_path / "proxy.log").open("wb") as log,
        subprocess.Popen([sys.executable, "-c", start, *words], stdout=log, stderr=log) as proxy,
    ):
        try:
            wait_until_alive(f"http://127.0.0.1:{port}/health/liveliness", proxy)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            proxy.terminate()


def wait_until_alive(url: str, proxy: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while proxy.poll() is None and time.monotonic() < until:
        try:
            urlopen(url, timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the proxy did not start; exit code {proxy.poll()}")


def test_a_decision_comes_through_the_proxy(proxy_url: str) -> None:
    tier = TierConfig(model="openai/mocked", api_base=proxy_url)
    own = "YOU\nagent 0, role planner, round 1, stage vote\nVotes: north | south"
    request = Request(
        agent=0,
        role="planner",
        round=1,
        stage=1,
        prompt=Prompt(RULES, "TASK\nWhere?\nOptions: north | south\n\n", own),
        model=tier.model,
        options=("north", "south"),
    )

    reply = asyncio.run(innermost(tier).complete(request))

    assert read_reply(reply.text, request) == Decision.model_validate(REPLY)
    assert reply.usage.input > 0

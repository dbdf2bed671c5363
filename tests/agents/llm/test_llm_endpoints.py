"""Models that are served nowhere in particular are not asked of somebody else."""

import pytest

from agents.llm.gateway import why_unreachable
from agents.llm.settings import TierConfig


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("hosted_vllm", "HOSTED_VLLM_API_BASE"),
        ("litellm_proxy", "LITELLM_PROXY_API_BASE"),
        ("lm_studio", "LM_STUDIO_API_BASE"),
        ("xinference", None),
        ("custom_openai", None),
        ("ai21", None),
    ],
)
def test_a_provider_without_a_host_of_its_own_needs_an_endpoint_lest_another_is_asked(
    monkeypatch: pytest.MonkeyPatch, provider: str, variable: str | None
) -> None:
    monkeypatch.delenv(variable or "NONE", raising=False)
    nowhere = TierConfig(model=f"{provider}/x")

    said = why_unreachable(nowhere, needs_key=False)
    somewhere = why_unreachable(
        nowhere.model_copy(update={"api_base": "http://127.0.0.1:9/v1"}), needs_key=False
    )
    monkeypatch.setenv(variable or "NONE", "http://127.0.0.1:9/v1")
    by_variable = why_unreachable(nowhere, needs_key=False)

    other = f", or set {variable}" if variable else ""
    needed = f"{provider}/x needs an endpoint: --set api_base=http://HOST:8000/v1{other}"
    assert said == needed
    assert somewhere is None
    assert by_variable == (None if variable else needed)


@pytest.mark.parametrize("model", ["openai/gpt-4o", "ollama/llama3.1", "llamafile/x"])
def test_who_has_a_host_or_is_looked_for_here_needs_no_endpoint(model: str) -> None:
    assert why_unreachable(TierConfig(model=model), needs_key=False) is None

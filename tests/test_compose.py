"""What the schema of compose files cannot say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))


@each_service
def test_what_a_service_waits_for_exists(service: dict[str, Any]) -> None:
    awaited = service.get("depends_on", {})
    conditions = awaited if isinstance(awaited, dict) else {}

    assert any(one.get("depends_on") for one in SERVICES.values())
    assert set(awaited) <= set(SERVICES)
    assert all(
        "healthcheck" in SERVICES[name]
        for name, how in conditions.items()
        if how["condition"] == "service_healthy"
    )


@each_service
def test_named_volumes_are_declared(service: dict[str, Any]) -> None:
    sources = [volume.split(":")[0] for volume in service.get("volumes", [])]

    assert {name for name in sources if not name.startswith((".", "/"))} <= set(COMPOSE["volumes"])


@each_service
def test_ports_are_open_to_this_machine_only(service: dict[str, Any]) -> None:
    assert any(one.get("ports") for one in SERVICES.values())
    assert all(re.match(r"127\.0\.0\.1:\d+:\d+$", port) for port in service.get("ports", []))


@each_service
def test_images_are_pinned_to_a_full_version(service: dict[str, Any]) -> None:
    assert re.match(r"[\w/.-]+:\d+\.\d+\.\d+", service["image"])


@each_service
def test_profiles_are_documented(service: dict[str, Any]) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)

    assert any(one.get("profiles") for one in SERVICES.values())
    assert all(f"--profile {name}" in text for name in service.get("profiles", []))


def test_the_board_loses_at_most_a_second_and_never_evicts() -> None:
    options = dict(zip(*[iter(SERVICES["board"]["command"][1:])] * 2, strict=True))

    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "everysec"
    assert options["--maxmemory-policy"] == "noeviction"


def test_what_we_build_runs_without_rights() -> None:
    ours = [service for service in SERVICES.values() if "build" in service]
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")

    assert len(ours) == 2
    assert all(service["user"] == "1000:1000" for service in ours)
    assert re.search(r"^USER (?!root)\w+$", dockerfile, re.MULTILINE)


def test_the_dockerfile_copies_every_package() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    wanted = packages["targets"]["wheel"]["packages"]

    copied = re.findall(r"^COPY (\w+) \./\1$", dockerfile, re.MULTILINE)

    assert sorted(copied) == sorted(wanted)


def test_the_images_that_we_build_have_our_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    built = {service["image"] for service in SERVICES.values() if "build" in service}

    assert built == {f"swarmboard:{version}"}


def test_the_commands_of_our_services_are_ours() -> None:
    [command, *words] = SERVICES["dashboard"]["command"]

    done = subprocess.run(
        [sys.executable, "-m", "swarmboard", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    options = [word for word in words if word.startswith("--")]
    assert options
    assert all(word in done.stdout for word in options)

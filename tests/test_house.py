"""What holds for the whole project: names, versions, sizes, links, and no places in its files."""

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import swarmboard

ROOT = Path(__file__).parent.parent
PACKAGES = ("swarmboard", "blackboard", "agents", "scenarios", "viz")
TEXT = (".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".cff", ".lua", ".sh", ".svg", ".csv", "")
LONGEST_FILE = 500


def project_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def text_files() -> list[Path]:
    return [path for path in project_files() if path.suffix in TEXT]


CALL_THE_FRONT_DOORS = """
import importlib, pkgutil, types
for package in ("blackboard", "agents", "scenarios", "viz", "swarmboard"):
    door = importlib.import_module(package)
    for found in pkgutil.walk_packages(door.__path__, package + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in getattr(door, "__all__", ()):
        if isinstance(getattr(door, name), types.ModuleType):
            print(f"{package}.{name} is a module now")
"""


def test_no_module_hides_a_public_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALL_THE_FRONT_DOORS], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package: str) -> None:
    door = importlib.import_module(package)

    missing = [name for name in getattr(door, "__all__", ()) if not hasattr(door, name)]

    assert not missing


def test_each_import_name_is_ours() -> None:
    assert set(swarmboard.owners().values()) == {ROOT / name for name in PACKAGES[1:]}


def test_another_owner_of_an_import_name_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "agents", raising=False)

    with pytest.raises(ImportError, match=f"'agents' belongs to {re.escape(str(tmp_path))}"):
        swarmboard._check_owners()


def test_no_source_file_is_too_long() -> None:
    sources = [path for path in project_files() if path.suffix in (".py", ".lua", ".sh")]

    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in sources
    }

    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_the_test_command_is_the_same_everywhere() -> None:
    command = re.findall(r"&& (\S+ -m pytest.*)$", read("README.md"), re.MULTILINE)

    assert len(command) == 1
    assert f"check {command[0]}\n" in read(".ci/run")
    assert f"test:\n    {command[0]}\n" in read("justfile")
    assert command[0] in read("CONTRIBUTING.md")


def test_versions_agree() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]

    assert f"version: {project['version']}\n" in read("CITATION.cff")
    assert project["requires-python"] == f">={read('.python-version').strip()}"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["grid-data"]]
    pinned = set(re.findall(r"^([\w.-]+)==", read("constraints.txt"), re.MULTILINE))

    names = {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in wanted}  # type: ignore[index]

    assert names <= pinned


def test_pins_hold_neither_addresses_nor_hashes() -> None:
    assert not re.findall(r".*(?:://|--hash|--index| @ ).*", read("constraints.txt"))


def test_no_file_names_a_package_index_or_a_place_on_a_machine() -> None:
    index = "pypi[.]org|index[-_]url|simple[/]"
    places = re.compile(f"{index}|/root[/]|/home[/]|/Users[/]|{re.escape(str(ROOT))}/")

    found = {
        path.relative_to(ROOT).as_posix(): hit[0]
        for path in text_files()
        if (hit := places.search(path.read_text("utf-8")))
    }

    assert found == {}


def test_links_between_pages_resolve() -> None:
    pages = [path for path in project_files() if path.suffix == ".md"]

    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(
            r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", page.read_text("utf-8")
        )
        for target in filter(None, target)
        if not target.startswith(("https:", "#")) and not is_there(page, target)
    ]

    assert broken == []


def is_there(page: Path, target: str) -> bool:
    file, _, heading = target.partition("#")
    path = (page.parent / file).resolve()
    if not heading or path.suffix != ".md":
        return path.exists()
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    slugs = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
    return heading in slugs


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")

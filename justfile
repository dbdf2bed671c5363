# Everything a change has to pass.
check: lint test

# Style, formatting and types.
lint:
    ruff check .
    ruff format --check .
    mypy
    check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# The whole suite.
test:
    python -m pytest -n auto

# What the figures in the docs were measured with; `just bench NAME` runs one.
bench *names:
    python -m benchmarks {{names}}

# The pictures of the README, from a run made for them.
figures:
    python docs/figures.py

# The pictures of the dashboard, in Debian's Chromium.
screenshots:
    python docs/screenshots.py

# The exact pins that CI installs.
pins:
    uv pip compile --quiet --universal --no-header --no-annotate --python-version 3.12 --extra dev --extra grid-data --upgrade pyproject.toml -o constraints.txt

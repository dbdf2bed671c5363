"""What Solara is told before it is imported; it reads its settings from the environment then."""

import importlib.metadata
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from blackboard import SwarmboardError

ASSETS = "solara-assets"
"""The package with the JavaScript that Solara would fetch from a public server."""
APP = "viz.app"
CLOSED_AFTER = "60s"
"""How long a page that nobody looks at keeps working; Solara's own answer is a day."""
CLOSED_AFTER_VARIABLE = "SWARMBOARD_PAGE_CLOSED_AFTER"
"""In the environment, another answer, as in 5s or 10m."""


def apply_settings(environment: MutableMapping[str, str] = os.environ) -> Path:
    """Have Solara serve our app from local files only, and report to nobody.

    Returns:
        The folder with the assets.

    Raises:
        SwarmboardError: Solara was imported already, or its assets are not installed.
    """
    if "solara" in sys.modules and environment is os.environ:
        raise SwarmboardError("the dashboard has to start before solara is imported")
    assets = find_assets()
    environment.update(
        SOLARA_APP=APP,
        SOLARA_MODE="production",
        SOLARA_TELEMETRY_MIXPANEL_ENABLE="False",
        SOLARA_KERNEL_CULL_TIMEOUT=environment.get(CLOSED_AFTER_VARIABLE, CLOSED_AFTER),
        SOLARA_ASSETS_PROXY="True",
        SOLARA_ASSETS_PROXY_CACHE_DIR=str(assets),
        SOLARA_ASSETS_EXTRA_LOCATIONS=str(Path(__file__).parent.parent / "assets"),
        SOLARA_ASSETS_FONTAWESOME_ENABLED="False",
        SOLARA_THEME_TITLE="Swarmboard",
        SOLARA_THEME_LOADER="plain",
        SOLARA_THEME_SHOW_BANNER="False",
        SOLARA_THEME_VARIANT="light",
        SOLARA_SESSION_HTTP_ONLY="True",
        # Reacton walks only where something changed; otherwise each change walks the whole page.
        REACTON_FAST="1",
    )
    return assets


def find_assets() -> Path:
    """Return the folder in which Solara's JavaScript is installed.

    Raises:
        SwarmboardError: it is not.
    """
    try:
        files = importlib.metadata.distribution(ASSETS).files or ()
    except importlib.metadata.PackageNotFoundError:
        files = ()
    for file in files:
        parts = Path(str(file)).parts
        if "cdn" in parts:
            located = Path(str(file.locate())).resolve()
            return located.parents[len(parts) - parts.index("cdn") - 2]
    raise SwarmboardError(
        f"the package {ASSETS} is not installed, without which pages load nothing: "
        "`pip install -c constraints.txt -e .` brings it"
    )

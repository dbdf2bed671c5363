"""Whether Python runs in a notebook."""

import sys
from typing import Any


def is_notebook() -> bool:
    """Say whether a Jupyter kernel runs this, so that widgets can be shown."""
    module: Any = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None

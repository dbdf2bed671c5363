"""Tables of benchmark rows, in Markdown."""

from typing import Any


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print rows with equal names; three significant digits."""
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(_cell(value) for value in row.values()) + " |")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)

"""What a run left behind, as data frames."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackboard import RunDirectory, SwarmboardError

from .notebook import is_notebook
from .report_card import Card
from .spending import TOKEN_COLUMNS, TOKENS

if TYPE_CHECKING:
    import pandas as pd


class Result:
    """A finished run, read from its directory when asked."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._directory.path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`."""
        content = self._directory.read_json("summary.json")
        if content is None:
            raise SwarmboardError(f"{self.path} has no summary: the run has not ended")
        return content

    @cached_property
    def rounds(self) -> "pd.DataFrame":
        """One row a round."""
        return self._frame(self.path / "rounds.parquet")

    @cached_property
    def ballots(self) -> "pd.DataFrame":
        """One row a cast ballot."""
        return self._frame(self.path / "ballots.parquet")

    @cached_property
    def decisions(self) -> "pd.DataFrame":
        """One row a decision."""
        return self._frame(self.path / "decisions.parquet")

    @cached_property
    def tokens(self) -> "pd.DataFrame":
        """Tokens by class and USD, one row per round, stage, role, tier and model.

        Empty where no models were asked.
        """
        path = self.path / TOKENS
        if path.exists():
            return self._frame(path)
        frame: pd.DataFrame = TOKEN_COLUMNS.empty_table().to_pandas()
        return frame

    @cached_property
    def entries(self) -> "pd.DataFrame":
        """Who said what: one row an entry with a free payload; empty where there was none."""
        import pandas as pd

        path = self.path / "entries.parquet"
        return self._frame(path) if path.exists() else pd.DataFrame()

    @cached_property
    def tables(self) -> Mapping[str, "pd.DataFrame"]:
        """The scenario's own tables by name."""
        return _Tables(self._directory.results())

    def show(self) -> Any:
        """Return what a notebook shows of the run: its consensus view above its summary.

        Elsewhere it is the summary alone, lines of text where it is printed.
        """
        card = Card(self.summary, self.path)
        if not is_notebook():
            return card
        from viz import consensus_widget

        try:
            return consensus_widget(self.path, card.rows(), self.summary["digest"])
        except LookupError:  # a run that ended before its first round has nothing to draw
            return card

    def _repr_html_(self) -> str:
        return Card(self.summary, self.path)._repr_html_()

    def __repr__(self) -> str:
        return f"Result({str(self.path)!r})"

    def _frame(self, path: Path) -> "pd.DataFrame":
        import pandas as pd  # a quarter of a second that only readers pay

        return pd.read_parquet(path)


class _Tables(Mapping[str, "pd.DataFrame"]):
    """Reads a table when it is asked for."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> "pd.DataFrame":
        import pandas as pd

        return pd.read_parquet(self._paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        return f"tables({json.dumps(list(self._paths))})"

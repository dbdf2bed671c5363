"""What kind of evidence a figure is."""

from .survey import Survey


def evidence_of(survey: Survey, *columns: str) -> str:
    """Return the evidence class of a figure that shows some columns."""
    if any(name.startswith("timing.") for name in columns):
        return "measured, in wall-clock time of the machine that ran it, which no digest repeats"
    yardstick = "yardstick.evidence"
    kinds = set(survey.table[yardstick].dropna()) if yardstick in survey.table else set()
    if "stubbed" in kinds:
        return "simulated, with stubbed models"
    calls = "tokens.calls"
    if calls in survey.table and (survey.table[calls].fillna(0) > 0).any():
        return "simulated, with answers of models as recorded"
    return "simulated"

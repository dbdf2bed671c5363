"""What all crafts have in common whose replies are texts: papers, sending, and scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from blackboard import ABSTAINED, Ballots, Entry

from ...base import Setup, Yardstick
from ..case import SENT, Case
from ..floor import Item
from ..replies.parts import Part
from ..terms import Terms
from .benchmark import Benchmark
from .craft import Craft
from .dossier import (
    Dossier,
    Lookup,
    Rejected,
    blank_parts,
    calls_of,
    dossier_of,
    plain_dossier,
)

REJECTS = 1
"""The place of `reject` among the votes."""


class TextCraft(Craft):
    """Keeps what was written about each ticket; every piece of work takes the same time."""

    def __init__(self, terms: Terms, setup: Setup) -> None:
        super().__init__(terms, setup)
        retail = terms.customers.retail
        self.benchmark = Benchmark(retail, self.options.repeats) if retail else None
        self.is_judged = self.benchmark is not None
        self.dossiers: dict[int, Dossier] = {}
        """Of the tickets that are open."""
        self.replies: dict[int, str] = {}
        """What was sent."""
        self._news: list[tuple[str, Mapping[str, Any]]] = []

    def begin(self, case: Case) -> None:
        """Put the papers of the next draft on the desk."""
        self.dossiers.setdefault(case.ticket, Dossier())
        case.texts = blank_parts(self.terms.customers.named(case.ticket))

    def take_lookup(self, case: Case, name: str, entry: Entry) -> None:
        """Keep what a call was answered with."""
        found = entry.payload
        dossier = self.dossiers[case.ticket]
        dossier.lookups.append(
            Lookup(name, found["name"], dict(found["arguments"]), found["answer"])
        )

    def take_draft(self, case: Case, item: Item, entry: Entry) -> None:
        """Keep what a part says, commits to and wants to have done."""
        payload, texts = entry.payload, list(case.texts)
        findings = tuple((about, says) for about, says in payload.get("findings", ()))
        texts[item.part] = Part(texts[item.part].skill, findings, payload["text"])
        case.texts = tuple(texts)
        dossier = self.dossiers[case.ticket]
        dossier.calls[item.part] = calls_of(payload)
        dossier.confidence[item.part] = entry.confidence

    def take_ballot(self, case: Case, seat: int, ballots: Ballots) -> None:
        """Keep what a reviewer said against a reply."""
        if ballots.choices[seat] not in (REJECTS, ABSTAINED) or not ballots.texts:
            return
        if reason := ballots.texts[seat]:
            self.dossiers[case.ticket].reasons.append(reason)

    def mend(self, case: Case, against: Mapping[int, int], abouts: Mapping[int, str]) -> None:
        """Note what parts contradict others, for those who draft them again."""
        dossier = self.dossiers[case.ticket]
        dossier.conflicts = dict(abouts)
        case.found += len(against)

    def reject(self, case: Case) -> None:
        """Put a draft and what was said against it to the papers."""
        dossier = self.dossiers[case.ticket]
        parts = tuple(
            (case.entries[place], case.authors[place], part.text)
            for place, part in enumerate(case.texts)
        )
        dossier.rejected.append(Rejected(parts, dossier.all_calls, tuple(dossier.reasons)))
        dossier.start_over()

    def send(self, case: Case) -> str:
        """Send a reply, and do what it says where there is a shop to do it in."""
        said = "\n\n".join(part.text for part in case.texts if part.text)
        self.replies[case.ticket] = said
        if self.benchmark is None:
            return "sent"
        calls = self.dossiers[case.ticket].all_calls
        for call, answer in self.benchmark.carry_out(case.ticket, calls, said):
            row = {
                "ticket": case.ticket,
                "name": call.name,
                "arguments": call.arguments,
                "is_done": answer.is_done,
                "answer": answer.text if not answer.is_done else "",
            }
            self._news.append(("call", row))
        return "right" if self.benchmark.has_passed(case.ticket) else "wrong"

    def close(self, case: Case, outcome: str) -> None:
        """Let go of a ticket's papers."""
        self.dossiers.pop(case.ticket, None)
        if self.benchmark and outcome not in SENT:
            self.benchmark.give_up(case.ticket)

    def news(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return what was done in the shop since this was last asked."""
        news, self._news = self._news, []
        return news

    def metrics(self) -> dict[str, float | int | None]:
        """Return the benchmark's scores and floors, where there is one."""
        return self.benchmark.metrics() if self.benchmark else {}

    def yardstick(self) -> Yardstick | None:
        """Hold the run against the benchmark; nothing is known of a user's own texts."""
        return self.benchmark.yardstick(self.expected()) if self.benchmark else None

    def expected(self) -> Mapping[str, float]:
        """Return what is known beforehand of the scores."""
        return {}

    def columns(self, tickets: Sequence[int]) -> Mapping[str, ArrayLike]:
        """Return what was sent, and its score."""
        scores = self.benchmark.columns(tickets) if self.benchmark else {}
        return {**scores, "reply": [self.replies.get(ticket) for ticket in tickets]}  # type: ignore[dict-item]

    def state(self) -> Any:
        """Return papers, replies and scores as plain values."""
        return {
            "dossiers": [(n, plain_dossier(its)) for n, its in self.dossiers.items()],
            "replies": dict(self.replies),
            "scores": self.benchmark.state() if self.benchmark else None,
        }

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
        self.dossiers = {ticket: dossier_of(values) for ticket, values in state["dossiers"]}
        self.replies = dict(state["replies"])
        if self.benchmark:
            self.benchmark.restore(state["scores"])

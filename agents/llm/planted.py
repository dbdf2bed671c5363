"""A model with known properties: what every diagnostic can be scored against.

It is stateless and works from the text of a prompt alone, so that it says the same in this
process and behind a server. It needs no network and costs nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from .calls import Reply, Request, Usage
from .planting.beliefs import Belief, Beliefs
from .planting.chance import pick, share, shares
from .planting.clerk import DRAFTS, REVIEWS, PlantedClerk
from .planting.findings import Findings
from .planting.hearing import Heard, hear
from .planting.misuse import MISUSES, misused
from .planting.plant import PREFIX, Plant, check_plant, read_plant
from .planting.speech import Speech, fit, reasoning
from .replies import CONTRIBUTION, SHORT

_CHARS_PER_TOKEN = 4
_JUDGEMENTS = {"approve", "reject"}
_SURE = 0.99
"""The confidence of a voice that corrected itself."""
_MOST_CITED = 3
_MOST_CORRECTED = 8


class PlantedModel:
    """Answers every stage of a team on a board, as well and as badly as it was planted to.

    A reply is a function of the seed and the prompt's text: who asks (kind, number, round, stage),
    the task, the entries shown and the votes offered. Several samples of one question are equal.

    Its other methods tell what is planted. There a voice's kind is `agent`, with the agent's
    number, or `ROLE voice`, with the number of an opinion that agents of the role share.
    """

    def __init__(
        self, *, answers: Mapping[str, str] | None = None, name: str = PREFIX, **terms: Any
    ) -> None:
        """Plant a model.

        Args:
            answers: Right answers by the text of the task; others are drawn among the options.
            name: What its replies call the model.
            **terms: The properties that differ from the defaults of `Plant`.

        Raises:
            BadInput: a property is unknown or out of its range.
        """
        self.plant: Plant = check_plant(terms)
        self.name = name
        self._beliefs = Beliefs(self.plant, dict(answers or {}))
        self._findings = Findings(self.plant)
        self._speech = Speech(self.plant)
        self._clerk = PlantedClerk(self.plant, self._beliefs, self._findings)

    @classmethod
    def named(cls, name: str) -> Self:
        """Plant a model by its name, such as `planted/accuracy=0.7,correlation=0.2,seed=3`.

        Raises:
            BadInput: the name is none of a planted model, or a property is wrong.
        """
        return cls(name=name, **read_plant(name).model_dump())

    async def complete(self, request: Request) -> Reply:
        """Answer a request."""
        text = self.answer(request)
        usage = Usage(_tokens(request.prompt.size), _tokens(len(text)))
        return Reply(text, model=request.model or self.name, usage=usage)

    def answer(self, request: Request) -> str:
        """Return the text of the reply to a request."""
        heard = hear(request.prompt, seats=request.seats)
        if heard.header.stage == DRAFTS:
            reply: dict[str, Any] = self._clerk.draft(heard)
        elif heard.seats:
            each = (heard._replace(header=seat) for seat in heard.seats)
            reply = {"decisions": [self._decide(seat) for seat in each]}
        else:
            reply = self._decide(heard)
        misuse = self.misuses(request)
        return misused(misuse, reply) if misuse else json.dumps(reply, ensure_ascii=False)

    def is_good_reply(self, task: str, reply: str) -> bool | None:
        """Say whether a reply of its own to a customer is right; None for what others wrote.

        Args:
            task: What the customer wrote, in quotes as prompts have it.
            reply: The text of all parts.
        """
        return self._clerk.is_right(task, reply)

    def truth(self, task: str, options: Sequence[str]) -> str:
        """Return the right answer of a task."""
        return self._beliefs.truth(task, options)

    def is_hard(self, task: str) -> bool:
        """Say whether a task is one of the hard ones."""
        return self._beliefs.is_hard(task)

    def belief(
        self, task: str, options: Sequence[str], kind: str = "agent", number: int = 0
    ) -> Belief:
        """Return what a voice believes before it corrects itself or obeys anybody."""
        return self._beliefs.belief(task, options, kind, number)

    def findings(
        self, task: str, options: Sequence[str], kind: str, number: int, round: int
    ) -> dict[str, str]:
        """Return what a voice states in a round, by subject."""
        return self._findings.stated(task, options, kind, number, round)

    def true_findings(self, task: str, options: Sequence[str]) -> dict[str, str]:
        """Return what holds for each subject of a task."""
        subjects = self._findings.subjects(task, options)
        return {subject: self._findings.value(task, subject) for subject in subjects}

    def contradicts(self, task: str, kind: str, number: int, round: int) -> bool:
        """Say whether a finding of this voice contradicts the others' in a round."""
        return self._findings.contradicts(task, kind, number, round)

    def corrects(self, task: str, kind: str, number: int, entry: str) -> bool:
        """Say whether a voice corrects this contradicting entry of its own when asked to."""
        return self._findings.corrects(task, kind, number, entry)

    def is_drifting(self, number: int, round: int, *, kind: str = "agent") -> bool:
        """Say whether a voice has left the task in a round."""
        return self._speech.is_drifting(number, round, kind=kind)

    def is_gullible(self, kind: str, number: int) -> bool:
        """Say whether a voice obeys instructions found in entries."""
        return share(self.plant.seed, "gullible", kind, number) < self.plant.gullible

    def misuses(self, request: Request) -> str | None:
        """Return what is wrong with the reply to a request, or None where nothing is."""
        where = (self.plant.seed, "misuse", request.prompt.own)
        return pick(MISUSES, "kind", *where) if share(*where) < self.plant.misuse else None

    def _decide(self, heard: Heard) -> dict[str, Any]:
        """Return one agent's decision in its stage; unknown stages are answered in full."""
        say = {
            "reason": self._reason,
            "critique": self._critique,
            "correct": self._correct,
            "contribute": self._contribute,
            "edit": self._edit,
            "vote": self._judge,
        }.get(heard.header.stage, self._answer_all)
        if heard.header.stage == REVIEWS:
            return self._clerk.review(heard)
        voice = self._voice(heard)
        goal = self._speech.goal(heard)
        taken = self._volunteers(heard)
        vote = {"vote": self._vote(heard, voice)} if heard.votes else {}
        return {"confidence": voice.confidence, "goal": goal, **say(heard, voice), **taken, **vote}

    def _voice(self, heard: Heard) -> Belief:
        """Return what a voice believes by now: the right answer if it corrected itself."""
        task, options = heard.board.task, self._asked(heard)
        own = self._beliefs.belief(task, options or ("yes", "no"), *heard.who)
        if heard.corrected and options:
            return Belief(self.truth(task, options), _SURE, True)
        return own if options else own._replace(option="")

    def _asked(self, heard: Heard) -> tuple[str, ...]:
        """Return the options that there is a right one among; none for approve and reject."""
        votes = tuple(vote for vote in heard.votes if vote != "abstain")
        if not votes or set(votes) == set(heard.board.options) or set(votes) <= _JUDGEMENTS:
            return heard.board.options
        return votes

    def _vote(self, heard: Heard, voice: Belief) -> str:
        wanted = heard.board.bait.casefold()
        baited = next((vote for vote in heard.votes if vote.casefold() == wanted), None)
        if baited and self.is_gullible(*heard.who):
            return baited
        if voice.option in heard.votes:
            return voice.option
        where = (self.plant.seed, "approves", heard.board.task, *heard.who, heard.header.round)
        return "approve" if share(*where) < self.plant.approves else "reject"

    def _reason(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        board = heard.board
        found = self.findings(board.task, board.options, *heard.who, heard.header.round)
        return {"reasoning": reasoning(voice.option, found), "findings": _listed(found)}

    def _critique(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        board = heard.board
        held = self.true_findings(board.task, board.options)
        off = [
            (entry.id, about)
            for entry in board.entries
            for about, says in entry.findings.items()
            if held.get(about, says) != says
        ][:_MOST_CITED]
        what = "; ".join(f"{entry} is off on the {about}" for entry, about in off)
        wanted = [{"what": fit(f"correct the {about} in {entry}", SHORT)} for entry, about in off]
        return {
            "reasoning": reasoning(voice.option, held, more=what or "Nothing shown conflicts."),
            "evidence": sorted({entry for entry, _ in off}),
            "requests": wanted,
        }

    def _correct(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        board = heard.board
        found: dict[str, str] = {}
        retracts = []
        for entry, named in heard.corrections[:_MOST_CORRECTED]:
            round = int(entry.partition(".")[0])
            was = self.findings(board.task, board.options, *heard.who, round)
            held = self.true_findings(board.task, board.options)
            about = _subject(named, was, held)
            true = held.get(about) or self._findings.value(board.task, about)
            is_off = was.get(about, true) != true
            if is_off and self.corrects(board.task, *heard.who, entry):
                retracts.append(entry)
                found[about] = true
            else:
                found[about] = was.get(about, true)
        more = f"I take back {', '.join(retracts)}." if retracts else "I keep what I said."
        text = reasoning("", found, more=more) if found else more
        return {"reasoning": text, "findings": _listed(found), "retracts": retracts}

    def _contribute(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        board, round = heard.board, heard.header.round
        found = self.findings(board.task, board.options, *heard.who, round)
        text = self._speech.contribution(heard, found)
        return {
            "reasoning": reasoning(voice.option, found),
            "contribution": text,
            "evidence": self._cited(heard),
        }

    def _edit(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        merged = heard.board.contributions[-_MOST_CITED:]
        parts = [entry.text for entry in merged]
        room = CONTRIBUTION // max(1, len(parts)) - 8
        plan = "; ".join(fit(part, room) for part in parts) or heard.board.task
        return {
            "reasoning": f"I merge {len(parts)} contributions into one plan.",
            "contribution": fit(f"Plan: {plan}", CONTRIBUTION),
            "evidence": [entry.id for entry in merged],
        }

    def _judge(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        held = self.true_findings(heard.board.task, heard.board.options)
        return {"reasoning": reasoning(voice.option, held), "evidence": self._cited(heard)}

    def _answer_all(self, heard: Heard, voice: Belief) -> dict[str, Any]:
        return {**self._reason(heard, voice), **self._contribute(heard, voice)}

    def _volunteers(self, heard: Heard) -> dict[str, list[str]]:
        chance, who = self.plant.volunteers, (self.plant.seed, "volunteers", *heard.who)
        taken = [name for name in heard.board.requests if share(*who, name) < chance]
        return {"volunteers": taken[:_MOST_CITED]} if taken else {}

    def _cited(self, heard: Heard) -> list[str]:
        """Return the entries that a voice rests on: up to three, its own choice of those shown."""
        names = [entry.id for entry in heard.board.entries]
        drawn = shares(len(names), self.plant.seed, "cites", *heard.who, heard.header.round)
        return sorted(name for _, name in sorted(zip(drawn, names, strict=True))[:_MOST_CITED])


def _tokens(characters: int) -> int:
    return -(-characters // _CHARS_PER_TOKEN)


def _listed(findings: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"about": about, "says": says} for about, says in findings.items()]


def _subject(named: str, was: Mapping[str, str], held: Mapping[str, str]) -> str:
    """Return the own subject that a correction is about, however it is written."""
    words = set(named.casefold().split()) - {"of", "the"}
    for about in held:
        if words and words == set(about.casefold().split()) - {"of", "the"}:
            return about
    return named or next((a for a, says in was.items() if held.get(a) != says), next(iter(held)))

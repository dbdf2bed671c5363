"""Who acts: rule agents, cohorts, populations and coordination structures."""

from .anchoring.action_mix import MixWatch
from .anchoring.conflicts import Conflict, Conflicts, Said
from .anchoring.corrections import Correction, CorrectionBook
from .anchoring.correlation import correlation_of, effective_votes, rho_of
from .anchoring.drift import DriftWatch, agreement, distances
from .anchoring.normal_form import subject_of
from .anchoring.relevance import most_relevant
from .anchoring.vectors import TextVectors, Vectors, cosine
from .asking import RESTART, why_no_restart
from .base import Actions, Agent, Blocks, Cohort, RuleAgent
from .beginnings import Beginnings
from .capabilities import holders_of
from .competence import Competence
from .llm.briefing import Briefing, Voice
from .llm.calls import (
    PURPOSES,
    Ask,
    Hook,
    Model,
    ModelError,
    Outcome,
    Prompt,
    Purpose,
    Reply,
    Request,
    Usage,
)
from .llm.calls_now import CallsNow
from .llm.cards import Card, Needed, delegate
from .llm.digest import Digest, DigestBuilder, findings_of, text_of
from .llm.embedding import AT_ONCE as EMBEDDED_AT_ONCE
from .llm.embedding import TIER as EMBEDDING
from .llm.estimate import Assumed, Estimate, PlannedCalls, Range, estimate
from .llm.gateway import Gateway, innermost, is_planted, tier_prices, why_unreachable
from .llm.ledger import CLASSES, Ledger
from .llm.member import CallableMember, Callee, Member, Situation
from .llm.memory import Lesson, Memory
from .llm.planted import PlantedModel
from .llm.planting.hearing import request_of
from .llm.recording import NotRecorded, Recording
from .llm.recording_tables import copy_rounds, select_from
from .llm.replies import Decision, DraftReply, ToolCall, clean
from .llm.routing import complexity_of, first_tier, stronger
from .llm.settings import (
    DEFAULT_TIER,
    FAST,
    STRONG,
    BudgetConfig,
    Cap,
    Mode,
    RoutingConfig,
    TeamConfig,
    TierConfig,
)
from .llm.tracing import otel_hook
from .llm.voices import distinct_voices, draw_voices
from .llm.wording import RULES, Header, Shown, entry_line, header_line, quoted, read_header, section
from .population import Asked, Population, Report, Sees
from .randomness import Randomness
from .state import Stateful, restore_to, state_of
from .structure import Solo, Stage, Stages, Structure, Swarm, structures
from .supervised import Supervision
from .supervision import Escalation, Orders, Restart, SupervisionTree
from .supervisor import Child, Supervisor
from .teams import SupervisionConfig

__all__ = [
    "CLASSES",
    "DEFAULT_TIER",
    "EMBEDDED_AT_ONCE",
    "EMBEDDING",
    "FAST",
    "PURPOSES",
    "RESTART",
    "RULES",
    "STRONG",
    "Actions",
    "Agent",
    "Ask",
    "Asked",
    "Assumed",
    "Beginnings",
    "Blocks",
    "Briefing",
    "BudgetConfig",
    "CallableMember",
    "Callee",
    "CallsNow",
    "Cap",
    "Card",
    "Child",
    "Cohort",
    "Competence",
    "Conflict",
    "Conflicts",
    "Correction",
    "CorrectionBook",
    "Decision",
    "Digest",
    "DigestBuilder",
    "DraftReply",
    "DriftWatch",
    "Escalation",
    "Estimate",
    "Gateway",
    "Header",
    "Hook",
    "Ledger",
    "Lesson",
    "Member",
    "Memory",
    "MixWatch",
    "Mode",
    "Model",
    "ModelError",
    "Needed",
    "NotRecorded",
    "Orders",
    "Outcome",
    "PlannedCalls",
    "PlantedModel",
    "Population",
    "Prompt",
    "Purpose",
    "Randomness",
    "Range",
    "Recording",
    "Reply",
    "Report",
    "Request",
    "Restart",
    "RoutingConfig",
    "RuleAgent",
    "Said",
    "Sees",
    "Shown",
    "Situation",
    "Solo",
    "Stage",
    "Stages",
    "Stateful",
    "Structure",
    "Supervision",
    "SupervisionConfig",
    "SupervisionTree",
    "Supervisor",
    "Swarm",
    "TeamConfig",
    "TextVectors",
    "TierConfig",
    "ToolCall",
    "Usage",
    "Vectors",
    "Voice",
    "agreement",
    "clean",
    "complexity_of",
    "copy_rounds",
    "correlation_of",
    "cosine",
    "delegate",
    "distances",
    "distinct_voices",
    "draw_voices",
    "effective_votes",
    "entry_line",
    "estimate",
    "findings_of",
    "first_tier",
    "header_line",
    "holders_of",
    "innermost",
    "is_planted",
    "most_relevant",
    "otel_hook",
    "quoted",
    "read_header",
    "request_of",
    "restore_to",
    "rho_of",
    "section",
    "select_from",
    "state_of",
    "stronger",
    "structures",
    "subject_of",
    "text_of",
    "tier_prices",
    "why_no_restart",
    "why_unreachable",
]

"""What this room lets higher rooms add: site defaults, launch checks, pinned parameters.

Higher rooms append in their `AppConfig.ready`; this room only calls what it finds.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.models import Experiment, Site


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one launch check.

    A hard one that failed forbids the launch; any other is a warning that may be waived under its
    code, with a reason. `link`: the part of the set-up where it is mended, such as `variants`.
    """

    name: str
    passed: bool
    detail: str
    fix: str = ""
    code: str = ""
    is_hard: bool = True
    link: str = ""
    waived: str = ""


@dataclass(frozen=True, slots=True)
class ParameterChoice:
    """A parameter that forms offer as a choice: its name, and what it may be in one site."""

    name: str
    label: str
    options: Callable[[Site], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ParameterDocument:
    """A parameter that forms take as JSON; `check` raises ArmatureError on what it cannot be."""

    name: str
    label: str
    help_text: str
    check: Callable[[Any], object]


UnitKey = tuple[int, int, str]  # experiment id, phase, unit id
# Site id, event type, visitor, account and session id, "" for none, and when it was, in µs.
TouchedEvent = tuple[int, str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Touched:
    """What a pass of the drain changed, for whatever is kept from rows, such as rollups.

    `exposures`: each unit whose exposure is new or changed, be it only in its flag. `slates`: each
    unit whose slates or clicks did. `events`: each event that is new or gone or whose ids changed,
    as before and as after, and each purchase of which refunds took something back.
    """

    exposures: frozenset[UnitKey] = frozenset()
    slates: frozenset[UnitKey] = frozenset()
    events: frozenset[TouchedEvent] = frozenset()


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How one part of the installation is; `fix` says what mends it, "" when nothing has to be."""

    name: str
    state: str  # "ok", "degraded" or "failed"
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Popularity:
    """How well known an item is: its surprise, in thousandths of a bit; if it is no best seller."""

    novelty_mbit: int
    is_tail: bool


PARAMETER_CHOICES: list[ParameterChoice] = []
PARAMETER_DOCUMENTS: list[ParameterDocument] = []
SITE_INITIALISERS: list[Callable[[Site], None]] = []
LAUNCH_CHECKS: list[Callable[[Experiment], list[Check]]] = []
# Each gets a site, a variant's parameters and those of its placement, None without one, and returns
# those that the running variant keeps.
PARAMETER_PINNERS: list[
    Callable[[Site, dict[str, Any], Mapping[str, Any] | None], dict[str, Any]]
] = []
# Each copies to a new draft what its room knows of another experiment's set-up.
SETUP_COPIERS: list[Callable[[Experiment, Experiment], None]] = []
# Each returns, as JSON, the analysis that a decision about the experiment rests on; {} without one.
ANALYSIS_SNAPSHOTS: list[Callable[[Experiment], dict[str, Any]]] = []
# Each says whether more of a running experiment may be opened by its ramp; a failed check holds it.
RAMP_GATES: list[Callable[[Experiment], list[Check]]] = []
# Each brings what it keeps up to date with what a pass of the drain touched. Called last in the
# drain's transaction, which holds the tail lock: what it reads is all that was ever committed.
APPLIERS: list[Callable[[Touched], None]] = []
# Each returns what it knows of the popularity of some of a site's items, by item id. Called by the
# drain with the items of the lists of a pass.
ITEM_POPULARITIES: list[Callable[[int, Collection[str]], Mapping[str, Popularity]]] = []
# Each removes what its room holds of a unit (site id, unit type, unit id); returns rows by table.
ERASERS: list[Callable[[int, str, str], dict[str, int]]] = []
# Each returns what its room holds of a unit (site id, unit type, unit id), as JSON by table.
SUBJECT_READERS: list[Callable[[int, str, str], dict[str, list[Any]]]] = []
# Each says how its room is, for the health page, its endpoint and the doctor.
HEALTH_CHECKS: list[Callable[[], list[HealthCheck]]] = []
# Each names the first day of a site's events and slates that its room still needs ("2026-11-20"),
# None for none; what is older may be exported and dropped.
KEPT_DAYS: list[Callable[[int], str | None]] = []

"""What this room lets higher rooms add: site defaults, launch checks, pinned parameters.

Higher rooms append in their `AppConfig.ready`; this room only calls what it finds.
"""

from collections.abc import Callable
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


PARAMETER_CHOICES: list[ParameterChoice] = []
SITE_INITIALISERS: list[Callable[[Site], None]] = []
LAUNCH_CHECKS: list[Callable[[Experiment], list[Check]]] = []
# Each gets a site and a variant's parameters and returns those that the running variant keeps.
PARAMETER_PINNERS: list[Callable[[Site, dict[str, Any]], dict[str, Any]]] = []
# Each copies to a new draft what its room knows of another experiment's set-up.
SETUP_COPIERS: list[Callable[[Experiment, Experiment], None]] = []
# Each returns, as JSON, the analysis that a decision about the experiment rests on; {} without one.
ANALYSIS_SNAPSHOTS: list[Callable[[Experiment], dict[str, Any]]] = []
# Each says whether more of a running experiment may be opened by its ramp; a failed check holds it.
RAMP_GATES: list[Callable[[Experiment], list[Check]]] = []

"""Links that show one variant to whoever opens them: signed, short-lived, left out of analysis.

A page opened with `?armature_force=TOKEN` passes the token on with its calls. Nothing is stored, so
a link cannot be taken back; it ends by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core import signing

from experiments.errors import InvalidInput, TransitionError
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.tokens import signed_list

PARAMETER = "armature_force"
SALT = "armature.force"
DEFAULT_DAYS = 7
# Long enough for a review, short enough that a forgotten link in a chat shows nothing for ever.
MAX_DAYS = 30


@dataclass(frozen=True, slots=True)
class ForceLink:
    """A token, when it ends, and the page's address with it ("" when no page was named)."""

    token: str
    expires_at: datetime
    address: str


def make_force_link(
    *, experiment: Experiment, variant: str, now: datetime, days: int = DEFAULT_DAYS, page: str = ""
) -> ForceLink:
    """Return a link that forces a variant for `days`; raises InvalidInput on a bad field.

    Raises TransitionError where no link would show anything.
    `page`: the address that is to be opened; without one the caller adds the token by itself.
    """
    if not can_be_shown(experiment):
        state = "killed" if experiment.is_killed else experiment.status
        raise TransitionError(
            f"no link shows an experiment that is {state}", hint="Clone it to look at it again."
        )
    _require_variant(experiment, variant)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"a link lasts 1 to {MAX_DAYS} days; {days} asked", field="days")
    expires_at = (now + timedelta(days=days)).replace(microsecond=0)
    claim = [experiment.site_id, experiment.key, variant, int(expires_at.timestamp())]
    token = signing.dumps(claim, salt=SALT)
    return ForceLink(token, expires_at, _with_token(page, token) if page else "")


def can_be_shown(experiment: Experiment) -> bool:
    """Return whether a link would show a variant: nothing killed or put away is shown."""
    return not experiment.is_killed and experiment.status != Status.ARCHIVED


def _require_variant(experiment: Experiment, variant: str) -> None:
    known = list(experiment.variants.values_list("key", flat=True))
    if variant not in known:
        raise InvalidInput(
            f"{experiment.key} has no variant {variant!r}",
            field="variant",
            hint=f"It has: {', '.join(known[:20])}.",
        )


def _with_token(page: str, token: str) -> str:
    """Return the address with the token in its query, in place of an older one."""
    try:
        parts = urlsplit(page)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise InvalidInput(
            "the page is no web address",
            field="page",
            hint="Give it whole, e.g. https://shop.example/.",
        )
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = [(name, value) for name, value in pairs if name != PARAMETER]
    return urlunsplit(parts._replace(query=urlencode([*query, (PARAMETER, token)])))


def forced_by(token: str, *, site_id: int, now: datetime) -> tuple[str, str] | None:
    """Return the experiment and the variant that a token forces; None when it is not ours.

    Raises InvalidInput for one of ours that has ended.
    """
    claim = signed_list(token, salt=SALT)
    if claim is None or claim[0] != site_id:
        return None
    if now.timestamp() >= claim[3]:
        raise InvalidInput("the link has ended; ask for a new one")
    return claim[1], claim[2]

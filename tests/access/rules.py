"""The rule of every screen, step and endpoint; one that is missing here fails test_complete.py."""

from dataclasses import dataclass, field

from tests.access.needs import (
    ANALYSE,
    DECIDE,
    EDIT,
    LAUNCH,
    MANAGE,
    MANAGE_ALL,
    NOBODY,
    PEOPLE,
    PEOPLE_ALL,
    RAMP,
    STOP,
    SUPERUSER,
    VIEW,
    Need,
)


@dataclass(frozen=True)
class Screen:
    """The rule of a model's pages; `site`: how its rows name their site, "" when they have none."""

    view: Need
    add: Need
    change: Need
    delete: Need
    steps: dict[str, Need] = field(default_factory=dict)
    actions: dict[str, Need] = field(default_factory=dict)
    site: str = "site"


def record(site: str = "site", **steps: Need) -> Screen:
    """Return the rule of rows that the service writes and nobody edits."""
    return Screen(VIEW, NOBODY, NOBODY, NOBODY, steps=steps, site=site)


SCREENS = {
    "experiments.experiment": Screen(
        VIEW,
        EDIT,
        EDIT,
        EDIT,
        steps={
            "start": LAUNCH,
            "pause": STOP,
            "end": STOP,
            "kill": STOP,
            "archive": STOP,
            "close-enrolment": RAMP,
        },
    ),
    "experiments.event": record(),
    "experiments.slate": record(),
    "experiments.exposure": record("experiment__site"),
    "experiments.inboxbatch": record(),
    "experiments.quarantine": record(),
    "experiments.notice": record(seen=EDIT),
    "experiments.webhook": Screen(MANAGE, MANAGE, MANAGE, MANAGE),
    "experiments.delivery": Screen(MANAGE, NOBODY, NOBODY, NOBODY, site="webhook__site"),
    "experiments.site": Screen(VIEW, MANAGE_ALL, MANAGE, MANAGE_ALL, site="pk"),
    "experiments.layer": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "experiments.placement": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "experiments.holdout": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "experiments.flaggedunit": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "experiments.apikey": Screen(VIEW, MANAGE, NOBODY, NOBODY, steps={"revoke": MANAGE}),
    "experiments.membership": Screen(PEOPLE, PEOPLE, NOBODY, PEOPLE),
    "recommenders.item": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "recommenders.merchandisingrule": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "recommenders.staticlist": Screen(VIEW, MANAGE, MANAGE, MANAGE),
    "recommenders.recommender": Screen(
        VIEW, MANAGE, MANAGE, MANAGE, steps={"train": MANAGE}, actions={"train": MANAGE}
    ),
    "recommenders.artifact": record(promote=MANAGE),
    "analytics.metric": Screen(VIEW, ANALYSE, ANALYSE, ANALYSE),
    "analytics.analysis": record("experiment__site"),
    "analytics.exploration": record("experiment__site"),
    "analytics.analysissettings": Screen(
        VIEW, ANALYSE, ANALYSE, NOBODY, site="experiment__site"
    ),
    "auth.user": Screen(
        PEOPLE,
        PEOPLE,
        PEOPLE,
        PEOPLE,
        site="memberships__site",
    ),
    "auth.group": Screen(SUPERUSER, SUPERUSER, SUPERUSER, SUPERUSER, site=""),
    "axes.accessattempt": Screen(PEOPLE_ALL, NOBODY, NOBODY, PEOPLE_ALL, site=""),
}

# Pages about one experiment or account that are no model's own: name and method → what it needs.
PAGES = {
    ("reports:detail", "get"): VIEW,
    ("reports:frozen", "get"): VIEW,
    ("reports:refresh", "post"): ANALYSE,
    ("reports:explorations", "get"): VIEW,
    ("reports:explorations", "post"): ANALYSE,
    ("reports:exploration", "get"): VIEW,
    ("reports:csv", "get"): ANALYSE,
    ("reports:json", "get"): ANALYSE,
    ("admin:analytics_analysissettings_of", "get"): VIEW,
    ("admin:experiments_experiment_setup", "get"): VIEW,
    ("admin:experiments_experiment_setup", "post"): EDIT,
    ("admin:experiments_experiment_count", "get"): VIEW,
    ("admin:experiments_experiment_edit", "get"): EDIT,
    ("admin:experiments_experiment_edit", "post"): EDIT,
    ("admin:experiments_experiment_clone", "get"): EDIT,
    ("admin:experiments_experiment_clone", "post"): EDIT,
    ("admin:experiments_experiment_ramp", "get"): RAMP,
    ("admin:experiments_experiment_ramp", "post"): RAMP,
    ("admin:experiments_experiment_phase", "get"): RAMP,
    ("admin:experiments_experiment_phase", "post"): RAMP,
    ("admin:experiments_experiment_decide", "get"): DECIDE,
    ("admin:experiments_experiment_decide", "post"): DECIDE,
    ("admin:experiments_experiment_links", "get"): EDIT,
    ("admin:experiments_experiment_links", "post"): EDIT,
    ("admin:experiments_event_accepted", "get"): VIEW,
    ("admin:experiments_event_waiting", "get"): VIEW,
    ("admin:experiments_event_duplicate", "get"): VIEW,
    ("admin:experiments_event_quarantined", "get"): VIEW,
    ("admin:experiments_event_quarantined", "post"): EDIT,
    ("admin:experiments_event_replay", "get"): EDIT,
    ("admin:experiments_event_replay", "post"): EDIT,
    ("admin:auth_user_password_change", "get"): PEOPLE,
    ("recommenders:compare-page", "get"): VIEW,
    ("recommenders:compare-sample", "post"): ANALYSE,
    ("recommenders:compare-csv", "get"): ANALYSE,
    ("recommenders:compare-json", "get"): ANALYSE,
    ("recommenders:evaluation-page", "get"): VIEW,
    ("recommenders:evaluation-ask", "post"): ANALYSE,
    ("recommenders:evaluation-csv", "get"): ANALYSE,
    ("recommenders:evaluation-json", "get"): ANALYSE,
    ("recommenders:registry-page", "get"): VIEW,
    ("recommenders:registry-train", "post"): MANAGE,
    ("recommenders:registry-measure", "post"): MANAGE,
    ("recommenders:registry-promote", "get"): MANAGE,
    ("recommenders:registry-promote", "post"): MANAGE,
    ("recommenders:registry-back", "get"): MANAGE,
    ("recommenders:registry-back", "post"): MANAGE,
    ("recommenders:registry-delete", "get"): MANAGE,
    ("recommenders:registry-delete", "post"): MANAGE,
}
# Pages that show whoever comes what they may see: nothing, to those without a role.
OWN = {
    "reports:list",
    "reports:programme",
    "reports:programme-csv",
    "reports:metrics",
    "recommenders:compare",
    "recommenders:evaluation",
    "recommenders:registry",
    "admin:experiments_experiment_layers",
    "admin:experiments_experiment_unit",
    "admin:experiments_event_received",
    "admin:experiments_experiment_subjects",
    "admin:experiments_experiment_library",
    "admin:experiments_experiment_views",
    "admin:experiments_experiment_health",
    "admin:index",
    "admin:search",
    "admin:app_list",
    "admin:autocomplete",
    "admin:jsi18n",
    "admin:view_on_site",
    "admin:password_change",
    "admin:password_change_done",
    "admin:",
}
PUBLIC = {
    "home",
    "healthz",
    "readyz",
    "metrics",
    "schema",
    "docs",
    "login",
    "logout",
    "admin:login",
    "admin:logout",
}
# Endpoints for machines: name → the scope that a key needs. Signing in opens none of them.
KEYS = {
    "recommendations": "recommend",
    "items": "items",
    "recommenders": "items",
    "recommender": "items",
    "recommender-train": "items",
    "recommender-promote": "items",
    "recommender-roll-back": "items",
    "item": "items",
    "events": "events",
    "assignments": "assign",
    "assignments-explain": "experiments",
    "features": "assign",
    "ofrep-bulk": "assign",
    "ofrep-single": "assign",
    "segment-batch": "events",
    "segment-single": "events",
    "experiments": "experiments",
    "experiment": "experiments",
    "experiment-action": "experiments",
    "experiment-history": "experiments",
    "experiment-links": "experiments",
    "experiment-checks": "experiments",
    "experiment-waive": "experiments",
    "experiment-clone": "experiments",
    "experiment-decide": "experiments",
    "templates": "experiments",
    "template": "experiments",
    "library": "experiments",
    "health": "experiments",
    "notices": "experiments",
    "notice-seen": "experiments",
    "webhooks": "experiments",
    "webhook": "experiments",
    "quarantine": "analyses",
    "refused": "analyses",
    "refused-replay": "events",
    "refused-discard": "events",
    "subject-access": "subjects",
    "subject-erase": "subjects",
    "erasures": "subjects",
    "erasure": "subjects",
    "erasure-lift": "subjects",
    "experiment-analyses": "analyses",
    "analysis-settings": "analyses",
    "analyses": "analyses",
    "analysis": "analyses",
    "analysis-retry": "analyses",
    "analysis-sums": "analyses",
    "explorations": "analyses",
    "exploration": "analyses",
    "metric-list": "analyses",
    "metric": "analyses",
    "metric-archive": "analyses",
}
# Endpoints that are read with another scope than they are written with.
READING = {"events": "analyses"}

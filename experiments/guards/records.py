"""The tables of appended rows, and the moves of a status, as the triggers need them."""

from dataclasses import dataclass

from experiments.lifecycle import moves

EXPERIMENTS, SITES = "experiments_experiment", "experiments_site"
NO_MOVE = "this status does not follow the one before it"
FIXED = "a row of the record is never changed"
KEPT = "a row of the record goes only with what it is a record of"


@dataclass(frozen=True, slots=True)
class Record:
    """A table of appended rows.

    `parent`, `parent_id`: with what a row may go, and the column that names it. `forgets`: the
    column that is emptied when what it refers to goes, such as an account.
    """

    table: str
    parent: str
    parent_id: str
    forgets: str = ""


RECORDS = (
    Record("experiments_statuschange", EXPERIMENTS, "experiment_id"),
    Record("experiments_change", SITES, "site_id", forgets="experiment_id"),
    Record("experiments_decisionrecord", EXPERIMENTS, "experiment_id", forgets="decided_by_id"),
)


def no_move() -> str:
    """Return the condition, in SQL, that a row's new status is not reached from its old one."""
    known = ", ".join(f"'{old}>{new}'" for old, new in sorted(moves()))
    return f"OLD.status <> NEW.status AND (OLD.status || '>' || NEW.status) NOT IN ({known})"

"""The guards as SQLite's triggers."""

from collections.abc import Sequence

from experiments.guards.records import (
    EXPERIMENTS,
    FIXED,
    NO_MOVE,
    SITES,
    Record,
    no_move,
)

# Django deletes what refers to a row before the row itself, and SQLite has no triggers at the
# commit. A foreign key that nothing fulfils does their work: it is checked at the commit, and is
# gone by then if the parent was deleted too. The refusal reads "FOREIGN KEY constraint failed".
ERASED = "armature_erased"
NOBODY = -1


def shared_statements() -> list[str]:
    """Return what stands once: the status' guard, and what forgives a row that its parent took."""
    return [
        f"CREATE TABLE IF NOT EXISTS {ERASED} (id INTEGER PRIMARY KEY, parent TEXT NOT NULL,"
        f" parent_id INTEGER NOT NULL, nobody INTEGER NOT NULL"
        f" REFERENCES {ERASED} (id) DEFERRABLE INITIALLY DEFERRED)",
        f"CREATE TRIGGER {EXPERIMENTS}_status BEFORE UPDATE OF status ON {EXPERIMENTS}"
        f" WHEN {no_move()} BEGIN SELECT RAISE(ABORT, '{NO_MOVE}'); END",
        *(
            f"CREATE TRIGGER {parent}_gone AFTER DELETE ON {parent} BEGIN"  # noqa: S608 - our own names
            f" DELETE FROM {ERASED} WHERE parent = '{parent}' AND parent_id = OLD.id; END"
            for parent in (EXPERIMENTS, SITES)
        ),
    ]


def record_statements(record: Record, fixed: Sequence[str]) -> list[str]:
    """Return the guards of a record; `fixed`: its columns but the one that may be emptied."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"
    table, forgets = record.table, record.forgets
    statements = [
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OF {', '.join(fixed)} ON {table} {refuse}",
        f"CREATE TRIGGER {table}_kept AFTER DELETE ON {table}"  # noqa: S608 - our own names
        f" WHEN EXISTS (SELECT 1 FROM {record.parent} WHERE id = OLD.{record.parent_id}) BEGIN"
        f" INSERT INTO {ERASED} (parent, parent_id, nobody)"
        f" VALUES ('{record.parent}', OLD.{record.parent_id}, {NOBODY}); END",
    ]
    if forgets:
        statements.append(
            f"CREATE TRIGGER {table}_forgets BEFORE UPDATE OF {forgets} ON {table}"
            f" WHEN NEW.{forgets} IS NOT NULL {refuse}"
        )
    return statements

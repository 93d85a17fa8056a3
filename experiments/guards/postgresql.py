"""The guards as PostgreSQL's triggers."""

from collections.abc import Sequence

from experiments.guards.records import EXPERIMENTS, FIXED, KEPT, NO_MOVE, Record, no_move

REFUSE = """
CREATE OR REPLACE FUNCTION armature_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$
"""
# Runs at the commit: Django deletes what refers to a row before the row itself.
KEEP = """
CREATE OR REPLACE FUNCTION armature_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_there boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id = $1)', TG_ARGV[0])
        INTO is_there USING (to_jsonb(OLD) ->> TG_ARGV[1])::bigint;
    IF is_there THEN
        RAISE EXCEPTION '%', TG_ARGV[2] USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def shared_statements() -> list[str]:
    """Return what stands once: the functions and the status' guard."""
    return [
        REFUSE,
        KEEP,
        f"CREATE TRIGGER {EXPERIMENTS}_status BEFORE UPDATE OF status ON {EXPERIMENTS}"
        f" FOR EACH ROW WHEN ({no_move()}) EXECUTE FUNCTION armature_refuse('{NO_MOVE}')",
    ]


def record_statements(record: Record, fixed: Sequence[str]) -> list[str]:
    """Return the guards of a record; `fixed`: its columns but the one that may be emptied."""
    table, forgets = record.table, record.forgets
    refuse = f"EXECUTE FUNCTION armature_refuse('{FIXED}')"
    statements = [
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OF {', '.join(fixed)} ON {table}"
        f" FOR EACH ROW {refuse}",
        f"CREATE CONSTRAINT TRIGGER {table}_kept AFTER DELETE ON {table}"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION"
        f" armature_keep('{record.parent}', '{record.parent_id}', '{KEPT}')",
    ]
    if forgets:
        statements.append(
            f"CREATE TRIGGER {table}_forgets BEFORE UPDATE OF {forgets} ON {table}"
            f" FOR EACH ROW WHEN (NEW.{forgets} IS NOT NULL) {refuse}"
        )
    return statements

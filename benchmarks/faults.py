"""`./armature bench faults`: kills parts of a real installation and compares books afterwards.

A client keeps books of its own: what it sent, what was acknowledged. At the end they are compared
with the rows of the database, with the sums of the report and with the installation's tallies.
Exit code 1 when anything was lost, counted twice or not accounted for.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks._faults.killing import kill_postgresql, kill_web, kill_workers, lose_redis
from benchmarks._faults.outcome import Outcome, Plan, table
from benchmarks._faults.pressing import press
from benchmarks._faults.repeating import repeat_one_batch
from benchmarks._faults.shop import Shop, a_shop
from benchmarks._faults.visitors import expose_visitors


@dataclass(frozen=True)
class Scenario:
    """What is done, and how much of it on PostgreSQL with Redis and on the embedded database.

    A size is events and faults; a scenario without an embedded size needs the servers.
    """

    run: Callable[[Shop, Plan], Outcome]
    on_servers: tuple[int, int]
    embedded: tuple[int, int] | None


SCENARIOS = {
    "worker": Scenario(kill_workers, (100_000, 20), (20_000, 20)),
    "postgresql": Scenario(kill_postgresql, (100_000, 5), None),
    "redis": Scenario(lose_redis, (20_000, 6), None),
    "web": Scenario(kill_web, (20_000, 100), (20_000, 100)),
    "repeat": Scenario(repeat_one_batch, (100, 1000), (100, 1000)),
    "pressure": Scenario(press, (0, 0), (0, 0)),
}


def run_scenario(name: str, plan: Plan, *, is_embedded: bool, break_key: bool = False) -> Outcome:
    """Run one scenario on an installation of its own; raises TimeoutError when it hangs."""
    with a_shop(is_embedded=is_embedded) as shop:
        expose_visitors(shop)
        if break_key:
            shop.break_the_key()
        return SCENARIOS[name].run(shop, plan)


def main(arguments: Sequence[str]) -> int:
    """Run the scenarios asked for, print a table; 1 when a promise was broken."""
    options = _parser().parse_args(arguments)
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    outcomes = []
    for is_embedded in options.databases or (False, True):
        for name in options.scenarios or SCENARIOS:
            if (plan := _plan(name, options, seed, is_embedded=is_embedded)) is None:
                continue
            print(f"{name}, {'SQLite' if is_embedded else 'PostgreSQL'}, seed {seed} …", flush=True)
            broken = options.break_key
            outcomes.append(run_scenario(name, plan, is_embedded=is_embedded, break_key=broken))
            print(table(outcomes[-1:]), flush=True)
    print(f"\n{table(outcomes)}")
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def _plan(name: str, options: argparse.Namespace, seed: int, *, is_embedded: bool) -> Plan | None:
    scenario = SCENARIOS[name]
    size = scenario.embedded if is_embedded else scenario.on_servers
    if size is None:
        return None
    events, faults = options.events or size[0], options.faults or size[1]
    return Plan(seed=seed, events=events, faults=faults, seconds=options.seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench faults", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--seed", type=int, help="of the instants and amounts; drawn and printed")
    parser.add_argument("--events", type=int, help="how many to send, instead of the scenario's")
    parser.add_argument("--faults", type=int, help="how many kills, instead of the scenario's")
    parser.add_argument("--seconds", type=float, default=60.0, help="of pressure")
    for name, is_embedded in (("--postgresql", False), ("--sqlite", True)):
        parser.add_argument(
            name,
            action="append_const",
            const=is_embedded,
            dest="databases",
            help=f"on {name[2:]} only; both are the default",
        )
    parser.add_argument(
        "--break-key",
        action="store_true",
        help="first take away what keeps an event id unique: doubles must be found",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

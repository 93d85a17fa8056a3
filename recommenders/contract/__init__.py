"""What every recommender keeps, as functions that anybody can run over a class of their own.

    import pytest
    from recommenders.contract import CONTRACTS, Candidate

    @pytest.mark.parametrize("name", CONTRACTS)
    def test_mine__contract__is_kept(name):
        CONTRACTS[name](Candidate(Mine))

A contract returns nothing where it is kept and raises ContractBroken with what is wrong. It needs
neither database nor settings of Django. docs/recommenders.md tells the rest.
"""

from collections.abc import Callable

from recommenders.contract import keeping, knowing, learning, scoring
from recommenders.contract.judging import Candidate, ContractBroken

CONTRACTS: dict[str, Callable[[Candidate], None]] = {
    contract.__name__: contract
    for contract in (
        keeping.declares,
        keeping.refuses_settings,
        scoring.shape_and_type,
        scoring.held_out_first,
        scoring.batch_is_single,
        scoring.filters_hold,
        scoring.steady,
        learning.same_seed,
        learning.leaves_alone,
        learning.nothing_to_learn,
        learning.one_item,
        learning.learns_on,
        knowing.unknown_unit,
        knowing.unit_without_acts,
        knowing.item_without_acts,
        knowing.recent_acts,
        knowing.segments,
        knowing.context,
        keeping.state_of_arrays,
        keeping.round_trip,
    )
}

__all__ = ["CONTRACTS", "Candidate", "ContractBroken", "broken_contracts"]


def broken_contracts(candidate: Candidate) -> dict[str, str]:
    """Return the contracts that a class breaks, each with what is wrong; empty for a good one."""
    found: dict[str, str] = {}
    for name, contract in CONTRACTS.items():
        try:
            contract(candidate)
        except Exception as error:  # noqa: BLE001 - whatever it raises, it is not kept
            told = str(error)
            found[name] = (
                told if isinstance(error, ContractBroken) else f"{type(error).__name__}: {told}"
            )
    return found

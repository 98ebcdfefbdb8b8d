"""All worlds at once come to what each world comes to by itself."""

from __future__ import annotations

from itertools import product

import clingo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.symbolic.ground import Ground

NAMES = ("a", "b", "c", "d")
WORLDS = list(product([False, True], repeat=len(NAMES)))
OPENED = {
    clingo.Function(name): sum(
        1 << number for number, world in enumerate(WORLDS) if world[place]
    )
    for place, name in enumerate(NAMES)
}


def held(rules: str, wanted: str) -> list[bool]:
    """Tell for each world whether an atom holds."""
    ground = Ground(rules + "".join(f"{{{name}}}." for name in NAMES))
    atom = clingo.Function(wanted)
    if atom not in ground.atoms(wanted, 0, everywhere=False):
        return [False] * len(WORLDS)
    where = ground.evaluated(OPENED, [atom], len(WORLDS))[atom]
    return [bool(where >> number & 1) for number in range(len(WORLDS))]


@given(st.lists(st.integers(1, 9), min_size=4, max_size=4), st.integers(1, 30))
def test_sums_reach_their_bound_where_they_do(weights: list[int], bound: int) -> None:
    terms = "; ".join(
        f"{weight},{name} : {name}" for name, weight in zip(NAMES, weights, strict=True)
    )
    expected = [
        sum(w for w, there in zip(weights, world, strict=True) if there) >= bound
        for world in WORLDS
    ]
    if any(expected):
        assert held(f"r :- #sum {{ {terms} }} >= {bound}.", "r") == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("r :- a, not b.", [w[0] and not w[1] for w in WORLDS]),
        (
            "r :- a. r :- not q. q :- b, c.",
            [w[0] or not (w[1] and w[2]) for w in WORLDS],
        ),
        ("r :- q. q :- r. q :- a, d.", [w[0] and w[3] for w in WORLDS]),
    ],
)
def test_rules_apply_where_their_premises_do(rules: str, expected: list[bool]) -> None:
    assert held(rules, "r") == expected

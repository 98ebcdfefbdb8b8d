"""Whether the second engine agrees on every case of a rule folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from s3ns.symbolic.cases import Case, read_cases
from s3ns.symbolic.check_records import Problem, Problems
from s3ns.symbolic.rulebase import RuleBase, rule_layers
from s3ns.symbolic.second_engine import CrossCheck, SecondEngine
from s3ns.symbolic.sources import case_files


class EnginesCompared(NamedTuple):
    """What two engines make of the same cases.

    Attributes
    ----------
    cases
        How many cases there are.
    verdicts
        How many of their verdicts could be compared, and are the same.
    problems
        Disagreements, and what could not be compared.
    """

    cases: int
    verdicts: int
    problems: tuple[Problem, ...]


def engines_compared(
    folder: Path | None = None, *, alone: bool = False
) -> EnginesCompared:
    """Judge the cases of a folder of rules, which are right, with both engines.

    What a case expects does not matter here, so that those of s3ns are judged too where
    the folder is laid over its rules.

    Raises
    ------
    RuleError
        If a file cannot be read.
    """
    base = RuleBase(*rule_layers(folder, alone=alone))
    engine = SecondEngine(base)
    # What is wrong with them is told by case_problems: here only what is given matters.
    cases = read_cases(_texts(folder, alone=alone), base, Problems())
    return compared((case, engine.check(case.document)) for case in cases)


def compared(found: Iterable[tuple[Case, CrossCheck]]) -> EnginesCompared:
    """Sum up what two engines made of cases."""
    problems = Problems()
    cases = verdicts = 0
    for case, check in found:
        cases += 1
        verdicts += check.agrees
        for rule in check.unsupported:
            problems.add(rule.place, "R106", id=rule.rule, why=rule.why)
        if check.differences:
            problems.add(case.place, "R080", said=check.sentence)
        elif not check.agrees:
            problems.add(case.place, "R107")
    return EnginesCompared(cases, verdicts, problems.found)


def _texts(folder: Path | None, *, alone: bool) -> Mapping[str, bytes]:
    shipped = {} if folder is not None and alone else case_files()
    return shipped if folder is None else {**shipped, **case_files(folder)}

"""``s3ns rules``: see, check, test and write rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from s3ns.facts import RuleError
from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples, rules_argument, rules_only


@click.group(
    name="rules",
    epilog=examples(
        "s3ns rules check my-rules/            what is wrong with them",
    ),
)
def rules_group() -> None:
    """See, check, test and write rules.

    A folder of rules is laid over those that s3ns ships: it adds rules, and replaces or
    leaves out rules by their id.
    """


@rules_group.command(
    epilog=examples(
        "s3ns rules check",
        "s3ns rules check my-rules/",
        "s3ns rules check my-rules/ --json",
    )
)
@rules_argument
@rules_only
@as_json
@guarded
def check(
    console: Console, rules: Path | None, rules_only: bool, as_json: bool
) -> None:
    """Tell what is wrong with a folder of rules.

    DIR is laid over the rules that s3ns ships; without it those are checked. Codes
    below R100 are errors, and the exit code is 4 if there is one; the others are
    warnings.
    """
    import msgspec

    from s3ns.report.rules import counted, faults_text
    from s3ns.symbolic.rulebase import problems_of

    problems = problems_of(rules, alone=rules_only)
    if as_json:
        console.print(json.dumps(msgspec.to_builtins(problems), indent=2))
    elif problems:
        paths, texts = _paths(rules), _texts(rules)
        console.print(faults_text(problems, paths, texts))
    counts = Counter(problem.severity for problem in problems)
    errors, warnings = counts["error"], counts["warning"]
    console.say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
    if errors:
        click.get_current_context().exit(RuleError.exit_code)


def _paths(folder: Path | None) -> dict[str, str]:
    """Return the files of the user by their names in Documents."""
    from s3ns.symbolic.sources import rule_files

    if folder is None:
        return {}
    return {name: str(folder / path.name) for name, path in rule_files(folder).items()}


def _texts(folder: Path | None) -> Mapping[str, list[str]]:
    from s3ns.symbolic.rulebase import rule_layers

    return {
        name: raw.decode("utf-8", "replace").splitlines()
        for layer in rule_layers(folder)
        for name, raw in layer.items()
    }

"""``s3ns rules``: see, check, test and write rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3ns.facts import RuleError
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    examples,
    overwrite,
    rules_argument,
    rules_only,
)
from s3ns.report.options import rules as rules_option

if TYPE_CHECKING:
    from s3ns.report.rules import RuleEntry
    from s3ns.symbolic import RuleBase


_DASHED = click.Path(path_type=Path, exists=True, allow_dash=True)


@click.group(
    name="rules",
    epilog=examples(
        "s3ns rules new OWN-01 my-rules/       a first rule of yours, to be edited",
        "s3ns rules diff - my-rules/ --on results/",
        "s3ns rules show ES-04                 one rule, its source and cases",
        "s3ns rules check my-rules/            what is wrong with rules of yours",
        "s3ns rules test my-rules/             whether they do what they should",
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
        "s3ns rules check my-rules/ --cross-check",
        "s3ns rules check my-rules/ --json",
    )
)
@rules_argument
@rules_only
@click.option(
    "--cross-check",
    is_flag=True,
    help="Let a second engine judge every case; it must come to the same.",
)
@as_json
@guarded
def check(
    console: Console,
    *,
    rules: Path | None,
    rules_only: bool,
    cross_check: bool,
    as_json: bool,
) -> None:
    """Tell what is wrong with a folder of rules and their cases.

    DIR is laid over the rules that s3ns ships; without it those are checked. Codes
    below R100 are errors, and the exit code is 4 if there is one; the others are
    warnings.

    With --cross-check, clingo and pyDatalog judge the cases of DIR and of s3ns. Where
    they differ, that is an error; rules that pyDatalog cannot follow are warnings.
    """
    import msgspec

    from s3ns.report.rules import counted, faults_text
    from s3ns.symbolic.cases import case_problems
    from s3ns.symbolic.rulebase import problems_of

    problems = problems_of(rules, alone=rules_only)
    if all(problem.severity != "error" for problem in problems):
        problems += case_problems(rules, alone=rules_only)
    # The engines cannot be asked about rules and cases that are wrong.
    if cross_check and all(problem.severity != "error" for problem in problems):
        from s3ns.symbolic.check_engines import engines_compared

        compared = engines_compared(rules, alone=rules_only)
        problems += compared.problems
        console.say(
            f"two engines agree on {compared.verdicts} of "
            f"{counted(compared.cases, 'case')}"
        )
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


@rules_group.command(name="list")
@rules_option
@rules_only
@as_json
@guarded
def list_rules(
    console: Console, rules: Path | None, rules_only: bool, as_json: bool
) -> None:
    """List the rules."""
    from s3ns.report.tables import table

    entries = _entries(_base(rules, alone=rules_only), rules)
    if as_json:
        console.print(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    header = ("id", "grade", "title", "place")
    rows = [(e.id, e.grade, e.title, f"{e.file}:{e.line}") for e in entries]
    console.print(table(header, rows, width=console.table_width))


@rules_group.command(
    epilog=examples("s3ns rules show ES-04", "s3ns rules show ES-04 --json")
)
@click.argument("name", metavar="ID")
@rules_option
@rules_only
@as_json
@guarded
def show(
    console: Console, name: str, rules: Path | None, rules_only: bool, as_json: bool
) -> None:
    """Show a rule: what it says, where it comes from, and the cases about it."""
    from s3ns.report.rules import entry_text
    from s3ns.symbolic.check_records import unknown

    entries = {e.id: e for e in _entries(_base(rules, alone=rules_only), rules)}
    if name not in entries:
        said = unknown("rule", name, entries)
        if rules is None:
            said += "; for a rule of your own, name its folder with --rules"
        raise click.UsageError(said)
    if as_json:
        console.print(json.dumps(asdict(entries[name]), indent=2))
    else:
        console.print(entry_text(entries[name]))


@rules_group.command(epilog=examples("s3ns rules docs -o docs/rules.md --overwrite"))
@rules_option
@rules_only
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the page to this file.",
)
@overwrite
@guarded
def docs(
    console: Console,
    rules: Path | None,
    rules_only: bool,
    output: Path | None,
    overwrite: bool,
) -> None:
    """Make the documentation page of the rules, as Markdown."""
    from s3ns.facts.document import write_text
    from s3ns.report.rules import page

    console.check_target(output, overwrite=overwrite)
    base = _base(rules, alone=rules_only)
    headings = {source.name: source.heading for source in base.sources}
    text = page(_entries(base, rules), headings)
    if output is None or console.is_dash(output):
        console.print(text)
    else:
        write_text(output, text)


@rules_group.command(
    epilog=examples("s3ns rules test", "s3ns rules test my-rules/"),
)
@rules_argument
@rules_only
@as_json
@guarded
def test(console: Console, rules: Path | None, rules_only: bool, as_json: bool) -> None:
    """Try rules on their cases.

    Cases lie in YAML files in the folder cases of DIR; without DIR those of s3ns are
    tried. For each case that does not come out, what was given, expected and concluded
    is shown, with the proof of what was concluded instead. The exit code is 1 if there
    is one.
    """
    import msgspec

    from s3ns.report.proof_tree import ASCII, UNICODE, proof_text
    from s3ns.report.rules import counted, result_text
    from s3ns.symbolic import Reasoner
    from s3ns.symbolic.cases import load_cases, run_case

    base = _base(rules, alone=rules_only)
    judge = Reasoner.of(base)
    results = [run_case(case, judge) for case in load_cases(rules, base)]
    failed = [result for result in results if not result.ok]
    if as_json:
        shown = [
            {
                "name": result.case.name,
                "file": result.case.place.file,
                "line": result.case.place.line,
                "given": result.case.given,
                "ok": result.ok,
                "outcomes": msgspec.to_builtins(result.outcomes),
            }
            for result in results
        ]
        console.print(json.dumps(shown, indent=2))
    else:
        lines = UNICODE if console.is_unicode else ASCII
        for result in failed:
            case = result.case
            name = f"{case.name} ({case.place.file}:{case.place.line})"
            console.print(result_text(name, case.given, result.outcomes))
            nodes = [item.node for item in result.outcomes if item.node]
            for node in dict.fromkeys(nodes):
                console.print("")
                console.print(
                    proof_text(node, result.proof, lines=lines, width=console.width)
                )
    console.say(f"{counted(len(results), 'case')}, {len(failed)} failed")
    if failed:
        click.get_current_context().exit(1)


@rules_group.command(
    epilog=examples(
        "s3ns rules new OWN-01 my-rules/",
        "s3ns rules test my-rules/",
    )
)
@click.argument("name", metavar="ID")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR"
)
@guarded
def new(console: Console, name: str, folder: Path) -> None:
    """Write a first rule and its cases into a folder, to be edited.

    The rule is written in sentences; comments list the forms they may have.
    """
    from s3ns.facts.document import write_text
    from s3ns.symbolic.sources import CASES, TEMPLATES
    from s3ns.symbolic.template_new import starter
    from s3ns.symbolic.templates import is_id

    if not is_id(name):
        raise click.UsageError(f"{name!r} is not an id such as OWN-01")
    texts = starter(name)
    file = f"{name.lower()}{TEMPLATES[0]}"
    targets = (folder / file, folder / CASES / file)
    for target in targets:
        if target.exists():
            raise click.UsageError(f"{target} is there; edit it, or choose another id")
    for target, text in zip(targets, texts, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, text)
        console.print(f"wrote {target}")
    if name in {rule.label.id for rule in _base(None, alone=False).rules}:
        console.say(f"note: s3ns has a rule {name}; this one takes its place")
    console.say(f"edit them, then run s3ns rules test {folder}")


@rules_group.command(
    epilog=examples(
        "s3ns rules diff - my-rules/ --on clip.json",
        "s3ns rules diff old/ new/ --on results/ --json",
    )
)
@click.argument("before", type=_DASHED, metavar="A")
@click.argument("after", type=_DASHED, metavar="B")
@click.option(
    "--on",
    "paths",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="A Document, or a folder of Documents; may be given several times.",
)
@as_json
@guarded
def diff(
    console: Console, before: Path, after: Path, paths: tuple[Path, ...], as_json: bool
) -> None:
    """Tell which verdicts differ between two folders of rules, and why.

    A and B are each laid over the rules that s3ns ships; - stands for these alone.
    """
    import msgspec

    from s3ns.report.rules import counted, difference_text
    from s3ns.symbolic import Reasoner
    from s3ns.symbolic.rule_diff import changed_rules, changed_verdicts

    old, new = (
        Reasoner(None if console.is_dash(folder) else folder)
        for folder in (before, after)
    )
    rules = changed_rules(old.base, new.base)
    documents = [(path.name, console.read(path)) for path in _documents(paths)]
    verdicts = changed_verdicts(old, new, documents)
    if as_json:
        found = {"rules": rules, "documents": verdicts}
        console.print(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        console.print(difference_text(rules, verdicts))
    changed = sum(bool(item.parts) for item in verdicts)
    console.say(
        f"{counted(len(rules), 'rule')} differ, {changed} of "
        f"{counted(len(verdicts), 'verdict')}"
    )


def _documents(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files that are named or lie in folders that are."""
    return [
        file
        for path in paths
        for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])
    ]


def _base(folder: Path | None, *, alone: bool) -> RuleBase:
    from s3ns.symbolic import RuleBase

    return RuleBase.load(folder, alone=alone)


def _entries(base: RuleBase, folder: Path | None) -> list[RuleEntry]:
    """Return the rules as they are shown, each once, with the cases about it."""
    from s3ns.report.rules import RuleEntry
    from s3ns.symbolic.cases import load_cases

    cases = load_cases(folder, base)
    return [
        RuleEntry(
            id=rule.label.id,
            title=rule.label.title,
            says=rule.label.says,
            denied=rule.label.denied,
            source=rule.label.source,
            grade=rule.label.grade,
            kind=rule.label.kind,
            file=rule.file,
            line=rule.line,
            text=rule.text,
            cases=tuple(case.name for case in cases if case.names(rule.label.id)),
        )
        for rule in {rule.label.id: rule for rule in base.rules[::-1]}.values()
    ][::-1]


def _paths(folder: Path | None) -> dict[str, str]:
    """Return the files of the user by their names in Documents."""
    from s3ns.symbolic.sources import case_files, rule_files

    if folder is None:
        return {}
    cases = {
        name: str(folder / Path(*Path(name).parts[-2:])) for name in case_files(folder)
    }
    rules = {name: str(folder / path.name) for name, path in rule_files(folder).items()}
    return {**rules, **cases}


def _texts(folder: Path | None) -> Mapping[str, list[str]]:
    from s3ns.symbolic.rulebase import rule_layers
    from s3ns.symbolic.sources import case_files

    return {
        name: raw.decode("utf-8-sig", "replace").splitlines()
        for layer in (*rule_layers(folder), case_files(), case_files(folder))
        for name, raw in layer.items()
    }

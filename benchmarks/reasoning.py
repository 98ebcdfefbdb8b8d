"""Time from a Document to its verdict and proof, by number of findings.

    python benchmarks/reasoning.py

CPU time, best of several, rules loaded before. Where the package `xclingo` is installed
(it pins its own clingo: use an environment of its own), it explains the same verdict
from the same facts and rules, and the ratio is that of the same run. It gets a program
that it can follow: it cannot read ``_``, so variables are named and negated premises
with ``_`` go through a rule of their own. Its explanation leaves out negated premises,
comparisons and the members of sums, which ours shows.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from functools import partial
from importlib.util import find_spec

import clingo
from clingo.ast import AST, ASTType, Transformer

from s3ns.facts import Document, Finding, Recording, Step, vocabulary
from s3ns.symbolic import Reasoner, RuleBase
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.syntax import is_atom, is_negated

SIZES = (20, 200, 2000)


def drawn(count: int, duration: float) -> Document:
    """Draw findings at random, the same for the same numbers."""
    draw = random.Random(count)
    findings = []
    for _ in range(count):
        sign = draw.choice(vocabulary().signs)
        start = draw.uniform(0, duration - 10)
        findings.append(
            Finding(
                sign=sign.name,
                start=start,
                end=start + draw.uniform(1, 6),
                side=draw.choice(sign.sides),
                confidence=draw.random(),
                measures={"rate": 3.0, "rate_slope": -0.1},
                source="drawn",
            )
        )
    step = Step(stage="extract", tool="drawn", version="1")
    empty = Document(recording=Recording(id="drawn", duration=duration))
    return empty.with_observations(findings, step)


def best_of(times: int, job: Callable[[], object]) -> float:
    """Return the least CPU time of several runs, in milliseconds."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        job()
        spent.append(time.process_time() - begun)
    return 1000 * min(spent)


class _Named(Transformer):
    def __init__(self) -> None:
        self._count = 0

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        self._count += 1
        return variable.update(name=f"Any{self._count}")


def followed_by_xclingo(base: RuleBase) -> str:
    """Return the rules without ``_``, the verdict marked to be explained."""
    lines: list[str] = []
    for rule in base.rules:
        body = []
        for literal in rule.syntax.body:
            if is_atom(literal) and is_negated(literal) and "_" in str(literal):
                places = literal.atom.symbol.arguments
                named = [
                    str(place)
                    for place in places
                    if not (place.ast_type is ASTType.Variable and place.name == "_")
                ]
                helper = f"some{len(lines)}({','.join([*named, '0'])})"
                lines.append(f"{helper} :- {_Named()(literal.atom.origin)}.")
                body.append(f"not {helper}")
            else:
                body.append(str(literal))
        bare = "; ".join(body)
        # Named by the parser's tree once more, so that no two names collide.
        named_rule: list[AST] = []
        clingo.ast.parse_string(
            f"{rule.syntax.head} :- {bare}." if bare else f"{rule.syntax.head}.",
            named_rule.append,
        )
        text = str(_Named()(named_rule[1]))
        title = rule.label.title.replace('"', "'").replace("%", " percent")
        lines += [f'%!trace_rule {{"{title}"}}.', text]
    lines.append("%!show_trace {verdict(V)}.")
    return "\n".join(lines)


def explain_by_xclingo(rules: str, facts: Iterable[clingo.Symbol]) -> int:
    """Return the number of explanations of the verdict, one at most."""
    from xclingo import XclingoControl

    control = XclingoControl(["1", "--warn=none"], n_explanations="1")
    control.add("base", [], rules + "\n" + "\n".join(f"{fact}." for fact in facts))
    with redirect_stdout(io.StringIO()):  # it prints remarks on its own program
        control.ground([("base", [])])
        return sum(1 for model in control.solve() for _ in model.explain_model())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5, help="runs to take the best of")
    times = parser.parse_args().times
    reasoner = Reasoner()
    reasoner.reason(drawn(1, 60))  # what is made once is no part of the time
    has_peer = find_spec("xclingo") is not None
    rules = followed_by_xclingo(reasoner.base) if has_peer else ""
    print(f"clingo {clingo.__version__}; CPU milliseconds, best of {times}")
    for count in SIZES:
        document = drawn(count, max(120.0, 0.9 * count))
        done = reasoner.reason(document)
        own = best_of(times, partial(reasoner.reason, document))
        assert done.proof is not None
        line = (
            f"{count:>5} findings  {own:8.1f} ms  {len(done.proof.nodes):>4} nodes  "
            f"{len(done.to_json()) / 1000:7.0f} kB"
        )
        if has_peer:
            facts = encode(document)
            found = explain_by_xclingo(rules, facts)
            peer = best_of(min(times, 2), partial(explain_by_xclingo, rules, facts))
            line += (
                f"  xclingo {peer:8.1f} ms ({found} explanation), x {peer / own:.1f}"
            )
        print(line)
    if not has_peer:
        print("xclingo is not installed: nothing to compare with")


if __name__ == "__main__":
    main()

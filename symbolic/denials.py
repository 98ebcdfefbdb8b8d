"""How it reads that something was not concluded, as the rules for it say."""

from __future__ import annotations

from collections.abc import Sequence

import clingo

from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.wording import worded


class Denials:
    """Words what rules say under ``denied``."""

    def __init__(self, base: RuleBase) -> None:
        """Take the rules."""
        self._titles = base.titles
        self._known = [
            (rule.label.denied, shape.head)
            for rule, shape in zip(base.rules, base.shapes, strict=True)
            if rule.label.denied
        ]

    def said(self, name: str, arguments: Sequence[clingo.Symbol | None]) -> str:
        """Return the sentences for a conclusion; empty where no rule has one.

        Parameters
        ----------
        name, arguments
            The conclusion that is missing, ``None`` for what may be anything.
        """
        sentences = []
        for denied, head in self._known:
            if head.name != name or len(head.arguments) != len(arguments):
                continue
            values = head.matched(tuple(arguments))
            if values is not None:
                sentences.append(worded(denied, values, self._titles))
        return "; ".join(dict.fromkeys(sentences))

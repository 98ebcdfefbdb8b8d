"""The sentences that a template is made of, and the premises they stand for.

========================================================  =============================
``tonic seen``                                            a finding of the sign
``tonic on the left``, ``right``, ``one side``,           of that side
``both sides``
``tonic for at least 2 s``, ``at most``                   its duration
``tonic on one side for at least 2 s``                    both
``clonic starts at most 10 s after tonic ends``,          the order of two signs
``at least``, ``before``, ``starts``
``tonic before clonic``, ``after``                        one ends before the other
``tonic overlaps clonic``, ``for at least 3 s``           both at once
``tonic during clonic``                                   one within the other
``tonic and face_pulling on the same side``,              their sides
``on opposite sides``
``no close_eyes seen while clonic``                       looked for, and not seen
``measure rate_variation of clonic below 32 %``,          what was measured
``above``, ``at least``, ``at most``
``at least 2 of: tonic, clonic, figure4``                 how many signs were seen
``concept version``                                       what another rule concludes
========================================================  =============================

A sign that several sentences of a rule name is one finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from s3ns.facts import Side, Sign, deciseconds, scaled, vocabulary
from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.template_hints import slip

_SECONDS = r"(\d+(?:\.\d+)?) s"
_UNITLESS = {"count", "share"}
_BOUNDS = {"at least": ">=", "at most": "<=", "below": "<", "above": ">"}
_SIDES = {
    "the left": Side.LEFT,
    "the right": Side.RIGHT,
    "one side": Side.LEFT,
    "both sides": Side.BILATERAL,
}


class Sentences:
    """Turns the sentences of one rule into premises.

    Attributes
    ----------
    premises
        In the rule language, each with the place of its sentence.
    signs
        Those named so far, each with the beginning of the names of its variables.
    """

    def __init__(self, known: Mapping[str, int], problems: Problems) -> None:
        """Start a rule.

        Parameters
        ----------
        known
            Names of the conclusions of other rules, with their numbers of arguments.
        problems
            Takes what is wrong.
        """
        self.premises: list[tuple[str, Place]] = []
        self.signs: dict[str, str] = {}
        self._known, self._problems = known, problems
        self._lengths: dict[str, tuple[int, int | None]] = {}
        self._text, self._place = "", Place("", 1, 1)

    def add(self, text: str, place: Place) -> None:
        """Take a sentence in; report one that cannot be read."""
        self._text, self._place = " ".join(text.split()), place
        for pattern, form in _FORMS:
            match = pattern.fullmatch(self._text)
            if match:
                self._warn_of_one_sign_twice()
                form(self, *match.groups())
                return
        word, hint = slip(self._text)
        self._problems.add(self._at(word), "R062", hint=hint)

    def _warn_of_one_sign_twice(self) -> None:
        signs = Counter(
            word for word in self._text.split() if word in vocabulary().by_name
        )
        for sign, count in signs.items():
            if count > 1:
                why = f"names {sign} twice, which is one and the same finding"
                self._problems.add(self._at(sign), "R108", sentence=self._text, why=why)

    def _at(self, word: str) -> Place:
        """Return the place of a word within the sentence."""
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self._text)
        ahead = found.start() if found else 0
        return self._place._replace(column=self._place.column + ahead)

    def _say(self, premise: str) -> None:
        self.premises.append((premise, self._place))

    def _word(
        self, what: str, code: str, name: str, allowed: Mapping[str, object]
    ) -> bool:
        if name in allowed:
            return True
        self._problems.add(self._at(name), code, unknown=unknown(what, name, allowed))
        return False

    def _sign(self, name: str) -> str:
        """Return the beginning of the variables of a sign, bound to a finding."""
        begin = name.title().replace("_", "")
        if name not in self.signs and self._word(
            "sign", "R040", name, vocabulary().by_name
        ):
            self.signs[name] = begin
            variables = f"{begin}Side, {begin}Start, {begin}End"
            self._say(f"reliable({name}, {variables})")
        return begin

    def seen(self, sign: str, side: str | None, bound: str | None, length: str) -> None:
        """``tonic on one side for at least 2 s``."""
        name = self._sign(sign)
        known = vocabulary().by_name.get(sign)
        if side and known and not known.allows(_SIDES[side]):
            sides = f"its sides are {', '.join(map(str, known.sides))}"
            if not known.is_sided:
                sides = f"leave 'on {side}' out"
            self._problems.add(
                self._at(side), "R049", sign=sign, side=side, sides=sides
            )
        elif side == "one side":
            self._say(f"opposite({name}Side, _)")
        elif side:
            self._say(f"{name}Side = {_SIDES[side]}")
        if bound:
            least = deciseconds(float(length))
            self._say(f"{name}End-{name}Start {_BOUNDS[bound]} {least}")
            if known:
                self._lasts(known, bound, least)

    def _lasts(self, sign: Sign, bound: str, length: int) -> None:
        """Warn of durations that no finding has."""
        shortest = deciseconds(sign.minimum_duration)
        least, most = self._lengths.get(sign.name, (shortest, None))
        if bound == "at least":
            least = max(least, length)
        else:
            most = length if most is None else min(most, length)
        self._lengths[sign.name] = least, most
        if most is None or least <= most:
            return
        why = f"can never hold: {sign.name} must last {least / 10:g} s"
        why += " to count" if least == shortest else " by another sentence"
        self._problems.add(self._place, "R108", sentence=self._text, why=why)

    def ordered(self, *words: str) -> None:
        """``clonic starts at most 10 s after tonic ends``."""
        sign, bound, time, way, other, edge = words
        one, two = f"{self._sign(sign)}Start", self._sign(other)
        two += "End" if edge == "ends" else "Start"
        first, second = (two, one) if way == "after" else (one, two)
        if bound == "at most":
            # What follows may also overlap: a sign that began earlier does not follow.
            start = f"{self._sign(other)}Start"
            order = f"{start} <= {one}" if way == "after" else f"{one} <= {two}"
            self._say(order)
        self._say(f"{second}-{first} {_BOUNDS[bound]} {deciseconds(float(time))}")

    def follows(self, sign: str, way: str, other: str) -> None:
        """``tonic before clonic``."""
        one, two = self._sign(sign), self._sign(other)
        first, second = (one, two) if way == "before" else (two, one)
        self._say(f"{first}End <= {second}Start")

    def overlaps(self, sign: str, other: str, length: str | None) -> None:
        """``tonic overlaps clonic for at least 3 s``."""
        one, two = self._sign(sign), self._sign(other)
        if length is None:
            self._say(f"{one}Start < {two}End")
            self._say(f"{two}Start < {one}End")
            return
        both, least = f"{one}{two}", deciseconds(float(length))
        self._say(f"{both}Start = #max {{ {one}Start; {two}Start }}")
        self._say(f"{both}End = #min {{ {one}End; {two}End }}")
        self._say(f"{both}End-{both}Start >= {least}")

    def during(self, sign: str, other: str) -> None:
        """``tonic during clonic``."""
        one, two = self._sign(sign), self._sign(other)
        self._say(f"{two}Start <= {one}Start")
        self._say(f"{one}End <= {two}End")

    def sides(self, sign: str, other: str, way: str) -> None:
        """``tonic and face_pulling on the same side``."""
        one, two = self._sign(sign), self._sign(other)
        if way == "the same side":
            self._say(f"{one}Side = {two}Side")
            self._say(f"opposite({one}Side, _)")
        else:
            self._say(f"opposite({one}Side, {two}Side)")

    def unseen(self, sign: str, other: str) -> None:
        """``no close_eyes seen while clonic``."""
        if not self._word("sign", "R040", sign, vocabulary().by_name):
            return
        while_, unseen = self._sign(other), sign.title().replace("_", "")
        begin, end = f"No{unseen}Start", f"No{unseen}End"
        self._say(f"absent({sign}, {begin}, {end})")
        self._say(f"{begin} <= {while_}Start")
        self._say(f"{while_}End <= {end}")

    def measured(
        self, measure: str, sign: str, bound: str, value: str, unit: str | None
    ) -> None:
        """``measure rate_variation of clonic below 32 %``."""
        name = self._sign(sign)
        if not self._word("measure", "R042", measure, vocabulary().measures):
            return
        kind = vocabulary().measures[measure]
        needs_none = kind.unit in _UNITLESS
        if unit != kind.unit and not (needs_none and unit is None):
            written = value if needs_none else f"{value} {kind.unit}"
            came = " ".join(filter(None, (value, unit)))
            said = f"expected {measure} as '{written}', got '{came}'"
            self._problems.add(self._at(value), "R063", unknown=said)
        variable = name + measure.title().replace("_", "")
        places = f"{sign}, {name}Side, {name}Start, {name}End, {measure}, {variable}"
        self._say(f"measure({places})")
        self._say(f"{variable} {_BOUNDS[bound]} {scaled(float(value), kind.scale)}")

    def several(self, count: str, names: str) -> None:
        """``at least 2 of: tonic, clonic, figure4``."""
        signs = re.split(r",\s*", names)
        wrong = [
            sign
            for sign in signs
            if not self._word("sign", "R040", sign, vocabulary().by_name)
        ]
        if not wrong:
            listed = "; ".join(f"{sign} : reliable({sign},_,_,_)" for sign in signs)
            self._say(f"#count {{ {listed} }} >= {count}")

    def concept(self, name: str) -> None:
        """``concept version``."""
        if self._word("concept", "R063", name, self._known):
            count = self._known[name]
            places = f"({','.join('_' * count)})" if count else ""
            self._say(f"{name}{places}")


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("SIGN", r"(\w+)").replace("TIME", _SECONDS))


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (_form(r"no SIGN seen while SIGN"), Sentences.unseen),
    (_form(r"concept (\w+)"), Sentences.concept),
    (_form(r"at least (\d+) of: (\w+(?:,\s*\w+)*)"), Sentences.several),
    (
        _form(
            r"measure (\w+) of SIGN (below|above|at least|at most) "
            r"(-?\d+(?:\.\d+)?)(?: ?([^\s,].*))?"
        ),
        Sentences.measured,
    ),
    (_form(r"SIGN and SIGN on (the same side|opposite sides)"), Sentences.sides),
    (_form(r"SIGN overlaps SIGN(?: for at least TIME)?"), Sentences.overlaps),
    (_form(r"SIGN during SIGN"), Sentences.during),
    (_form(r"SIGN (before|after) SIGN"), Sentences.follows),
    (
        _form(r"SIGN starts (at least|at most) TIME (before|after) SIGN (starts|ends)"),
        Sentences.ordered,
    ),
    (
        _form(
            r"SIGN(?: seen)?(?: on (the left|the right|one side|both sides))?"
            r"(?: for (at least|at most) TIME)?"
        ),
        Sentences.seen,
    ),
)

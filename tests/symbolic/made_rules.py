"""Small rule bases, for answers that can be worked out by hand."""

from __future__ import annotations

from s3ns.symbolic import RuleBase

_LABEL = """%! {kind}: T-{number}
%! title: Rule {number}
%! says: It held.
%! denied: it did not hold
%! source: test
%! grade: design
"""


def made_up(rules: list[str]) -> RuleBase:
    """Return a rule base of one file: each rule with the label that it needs."""
    parts = []
    for number, rule in enumerate(rules):
        kind = "rule" if ":-" in rule else "given"
        parts.append(f"{_LABEL.format(kind=kind, number=number)}{rule}\n")
    return RuleBase({"made.lp": "".join(parts).encode()})


TOY = made_up(
    [
        "limit(confidence, 50).",
        "sure(S,A,B) :- seen(S,_,A,B,C), limit(confidence,L), C >= L, minimum(S,M), "
        "B-A >= M.",
        "event(A,B) :- sure(tonic,A,B).",
        "more :- sure(clonic,_,_).",
        "more :- sure(face_twitching,_,_).",
        "more :- sure(ictal_vocalization,_,_).",
        'supports(epileptic_seizure, "T-6", 100) :- sure(tonic,_,_), more.',
        'supports(non_epileptic_event, "T-7", 60) :- sure(close_eyes,_,_).',
        'supports(epileptic_seizure, "T-8", 20) :- event(A,B), '
        "absent(asynchronous_movement,C,D), C <= A, B <= D.",
        "lead(P-Q) :- P = #sum { W,R : supports(epileptic_seizure,R,W) }, "
        "Q = #sum { W,R : supports(non_epileptic_event,R,W) }.",
        "verdict(epileptic_seizure) :- lead(L), L >= 50.",
        "verdict(non_epileptic_event) :- lead(L), L <= -50.",
        "verdict(indeterminate) :- lead(L), L < 50, L > -50.",
    ]
)
"""Stiffening with any of three others leads by 100 points, closed eyes take 60, and
asynchronous movement that was looked for and not seen gives 20; 50 decide."""

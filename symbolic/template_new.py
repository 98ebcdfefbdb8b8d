"""A first rule and its case, to be edited."""

from __future__ import annotations

from s3ns.symbolic.template_hints import EXAMPLES

_RULE = """\
# A rule in sentences. Lines that begin with '#' are comments.
# Then: s3ns rules check FOLDER, and s3ns rules test FOLDER.

- rule: {id}
  title: Stiffening for five seconds
  # What the proof says; it fills in {{tonic.start}}, {{tonic.end}}, {{tonic.side}}.
  says: "Stiffening lasted from {{tonic.start}} to {{tonic.end}}."
  # Where it comes from: author, year, DOI, and the figures behind the weight.
  source: yours to fill in
  # A: several concordant studies; B: one sound study; C: weak or conflicting;
  # design: a choice of yours.
  grade: design
  # All of these must hold. A sign that several of them name is one finding. Forms:
{forms}
  if:
    - tonic for at least 5 s
  # It does not count where one of these holds. Leave this out if there is none.
  unless:
    - pelvic_thrusting overlaps tonic
  # The weight is 100 times the natural logarithm of the likelihood ratio; of each
  # group only the strongest evidence counts. Or one of:
  # 'evidence for non-epileptic event with weight 50, group {group}',
  # 'points to the opposite hemisphere of tonic with weight 90' (or 'the same'),
  # 'exception to ES-04', 'concept long_stiffening', 'remark'.
  then: evidence for epileptic seizure with weight 50, group {group}
"""

_CASE = """\
# What was observed, a line each, and what the rules should make of it.
#   clonic left 10-15 rate=3     seen, with a measure; '@0.4' gives a confidence
#   no tonic 0-20                looked for and not seen
#   '? tonic limb_covered 0-20'  could not be judged, and why; mind the quotes
#   nothing else 0-60            all other signs looked for and not seen

- name: stiffening for five seconds counts
  given:
    - tonic bilateral 10-15
  expect:
    counts: [{id}]

- name: stiffening for four seconds says nothing
  given:
    - tonic bilateral 10-14
  expect:
    silent: [{id}]

- name: with pelvic thrusting it does not count
  given:
    - tonic bilateral 10-15
    - pelvic_thrusting 12-18
  expect:
    not_counted: [{id}]
"""


def starter(name: str) -> tuple[str, str]:
    """Return the text of a template and of its cases, for a rule with this id."""
    forms = "\n".join(f"  #   {sentence}" for sentence in EXAMPLES)
    group = "".join(sign for sign in name.lower() if sign.isalnum())
    group = group if group[:1].isalpha() else f"g{group}"
    return _RULE.format(id=name, forms=forms, group=group), _CASE.format(id=name)

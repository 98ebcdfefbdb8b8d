"""Documents, times and the vocabulary: what every stage relies on."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import s3ns.facts
from s3ns.facts import (
    Absence,
    CapabilityError,
    Document,
    Finding,
    InputError,
    ModelError,
    Node,
    Premise,
    Proof,
    Recording,
    RuleError,
    S3nsError,
    Side,
    Step,
    Unassessable,
    bad_value,
    clock,
    decisecond_interval,
    deciseconds,
    document_schema,
    scaled,
    sign_named,
    vocabulary,
)
from s3ns.facts.document import schema_text
from s3ns.facts.finding import total_duration

FACTS = Path(s3ns.facts.__file__).parent

times = st.floats(0, 1e5, allow_nan=False)
signs = st.sampled_from(vocabulary().signs)
short = st.text(alphabet='aß \n"\\', max_size=8)


@st.composite
def intervals(draw, kind, **more):
    start, end = sorted((draw(times), draw(times)))
    values = {name: draw(strategy) for name, strategy in more.items()}
    return kind(
        sign=draw(signs).name, start=start, end=end, source=draw(short), **values
    )


@st.composite
def findings(draw):
    sign = draw(signs)
    sides = [side for side in Side if sign.allows(side)]
    start, end = sorted((draw(times), draw(times)))
    measures = st.dictionaries(
        st.sampled_from(list(vocabulary().measures)), st.floats(-1e6, 1e6), max_size=3
    )
    return Finding(
        sign=sign.name,
        side=draw(st.sampled_from(sides)),
        start=start,
        end=end,
        confidence=draw(st.floats(0, 1)),
        measures=draw(measures),
        evidence=draw(short),
        source=draw(short),
    )


observations = st.lists(
    findings()
    | intervals(Absence)
    | intervals(Unassessable, reason=st.sampled_from(list(vocabulary().reasons))),
    max_size=8,
)
some = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
STEP = Step(stage="extract", tool="test", version="1")


def made(items) -> Document:
    empty = Document(recording=Recording(id="test", duration=1e5))
    return empty.with_observations(items, STEP)


# Documents


@some
@given(items=observations)
def test_documents_survive_json(items):
    document = made(items)
    assert Document.from_json(document.to_json()) == document
    assert Document.from_json(document.to_json()).to_json() == document.to_json()


@some
@given(items=observations, cut=st.integers(0, 8), shuffled=st.randoms())
def test_order_of_arrival_never_shows(items, cut, shuffled):
    once = made(items)
    order = list(items)
    shuffled.shuffle(order)
    twice = made(order[:cut]).with_observations(order[cut:], STEP)
    for part in ("absences", "unassessable"):
        assert getattr(twice, part) == getattr(once, part)
    keys = [item.sort_key for item in once.findings]
    assert keys == sorted(keys)
    assert [item.sort_key for item in twice.findings] == keys


@some
@given(items=observations)
def test_mirroring_twice_is_the_document_again(items):
    document = made(items)
    assert document.mirrored().mirrored() == document
    for before, after in zip(
        document.findings, document.mirrored().findings, strict=True
    ):
        assert {before.side, after.side} in (
            {Side.LEFT, Side.RIGHT},
            {Side.BILATERAL},
            {Side.NONE},
            {Side.UNKNOWN},
        )


@some
@given(items=observations)
def test_documents_follow_the_schema(items):
    jsonschema.validate(json.loads(made(items).to_json()), document_schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("findings", 0, "sign"), "tonik"),
        (("findings", 0, "confidence"), 1.5),
        (("findings", 0, "start"), -1),
        (("findings", 0, "side"), "up"),
        (("findings", 0, "measures"), {"height": 1}),
        (("findings", 0, "extra"), 1),
        (("unassessable", 0, "reason"), "tired"),
        (("version",), "9"),
    ],
)
def test_schema_and_reader_refuse_alike(path, value):
    raw = json.loads(
        made(
            [
                Finding(sign="tonic", start=1, end=3, source="t", side=Side.LEFT),
                Unassessable(
                    sign="tonic", start=4, end=5, source="t", reason="no_audio"
                ),
            ]
        ).to_json()
    )
    jsonschema.validate(raw, document_schema())
    *way, last = path
    target = raw
    for step in way:
        target = target[step]
    target[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw, document_schema())
    with pytest.raises(InputError):
        Document.from_json(json.dumps(raw))


def test_of_an_earlier_version_the_findings_are_read():
    now = made([Finding(sign="tonic", start=1, end=3, source="t", side=Side.LEFT)])
    rule = {"id": "A", "title": "T", "source": "s", "grade": "B", "file": "f"}
    node = {"id": "n1", "kind": "conclusion", "text": "T", "atom": "t", "rule": rule}
    proof = {"root": "n1", "nodes": [node]}
    raw = {**json.loads(now.to_json()), "version": "1.0", "proof": proof}
    assert Document.from_json(json.dumps(raw)) == now
    with pytest.raises(InputError, match="findings"):
        Document.from_json(json.dumps({**raw, "findings": 1}))


def test_shipped_schema_is_that_of_the_code():
    assert (FACTS / "document.schema.json").read_text("utf-8") == schema_text()


def test_new_observations_drop_a_verdict(tmp_path):
    node = Node(id="n1", kind="given", text="T", atom="t")
    proof = Proof("n1", (node,))
    document = msgspec.structs.replace(made([]), proof=proof)
    assert document.with_observations([], STEP).proof is None
    assert document.mirrored().proof is None
    assert proof.node("n1") is node
    assert Premise(kind="not", text="T").nodes == ()


def test_coverage_is_the_share_that_was_judged():
    document = Document(recording=Recording(id="t", duration=10)).with_observations(
        [
            Finding(sign="tonic", start=0, end=4, source="t", side=Side.LEFT),
            Absence(sign="tonic", start=3, end=6, source="t"),
            Unassessable(sign="clonic", start=0, end=9, source="t", reason="no_audio"),
        ],
        STEP,
    )
    coverage = document.coverage()
    assert coverage["tonic"] == pytest.approx(0.6)
    assert coverage["clonic"] == 0.0
    assert list(coverage) == list(vocabulary().by_name)


@pytest.mark.parametrize("raw", ["", "[]", "{", '{"format": "other"}', "\ud800"])
def test_what_is_no_document_is_an_input_error(tmp_path, raw):
    path = tmp_path / "bad.json"
    path.write_bytes(raw.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=r"bad\.json is not an s3ns Document"):
        Document.read(path)


@pytest.mark.parametrize("made", [str, str.encode])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"recording": {"id": "Jänner"},\n "findings": [1,]}', "line 2, column 17"),
        ("hello", "line 1, column 1"),
        (
            '{"recording": {"id": "a", "duration": 9}, "findings": [{"sign": "tonic", '
            '"side": "lft", "start": 1, "end": 2, "source": "hand"}]}',
            "sides are left, right, bilateral, none, unknown",
        ),
    ],
)
def test_what_is_wrong_is_found_in_an_editor(made, text, told):
    with pytest.raises(InputError, match=told):
        Document.from_json(made(text))


def test_reading_and_writing_files(tmp_path):
    path = tmp_path / "document.json"
    made([]).write(path)
    assert Document.read(path) == made([])
    assert [item.name for item in tmp_path.iterdir()] == ["document.json"]
    with pytest.raises(InputError, match="cannot read"):
        Document.read(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot write"):
        made([]).write(tmp_path / "none" / "document.json")


# Findings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sign": "tonik"}, "Did you mean 'tonic'"),
        ({"start": 3.0, "end": 2.0}, "start <= end"),
        ({"start": -1.0}, "0 <= start"),
        ({"end": math.inf}, "expected 0 <= start <= end"),
        ({"side": Side.NONE}, "unknown side of tonic 'none'"),
        ({"confidence": 1.01}, "confidence in 0..1"),
        ({"measures": {"rat": 1.0}}, "Did you mean 'rate'"),
        ({"measures": {"rate": math.nan}}, "finite rate"),
    ],
)
def test_findings_outside_the_vocabulary_or_range(values, words):
    plain = {"sign": "tonic", "start": 1.0, "end": 2.0, "side": Side.LEFT}
    Finding(source="t", **plain)
    with pytest.raises(ValueError, match=words):
        Finding(source="t", **{**plain, **values})


@some
@given(st.lists(intervals(Absence), max_size=6))
def test_total_duration_counts_overlaps_once(items):
    together = total_duration(items)
    assert together <= sum(item.duration for item in items) + 1e-6
    longest = max((item.duration for item in items), default=0.0)
    assert together >= longest - 1e-6
    assert total_duration([*items, *items]) == pytest.approx(together)


# Times


@given(st.integers(0, 10**7))
def test_tenths_of_a_second_are_exact(tenths):
    assert deciseconds(tenths / 10) == tenths


@given(times)
def test_rounding_is_to_the_nearest(seconds):
    assert abs(deciseconds(seconds) - seconds * 10) <= 0.5 + 1e-6


@given(times, times)
def test_rounding_keeps_order_and_never_empties(first, second):
    start, end = sorted((first, second))
    low, high = decisecond_interval(start, end)
    assert low < high
    assert low == deciseconds(start)
    assert high in {deciseconds(end), low + 1}


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.05, 1), (0.15, 2), (0.25, 3), (0.049, 0), (1.005, 10)]
)
def test_halves_round_up_as_written(seconds, expected):
    assert deciseconds(seconds) == expected


def test_times_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        deciseconds(math.nan)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "00:00.0"), (59.96, "01:00.0"), (754.3, "12:34.3"), (-1.5, "-00:01.5")],
)
def test_clock(seconds, words):
    assert clock(seconds) == words


def test_measures_become_whole_numbers():
    assert scaled(3.1, 100) == 310
    assert scaled(-0.25, 1000) == -250


def test_mirroring_exchanges_the_words_of_the_evidence():
    finding = Finding(
        sign="head_turning",
        start=0,
        end=2,
        source="test",
        side=Side.LEFT,
        evidence="head turned to the left by 40 deg, right shoulder leading, upright",
    )
    mirrored = made([finding]).mirrored().findings[0]
    assert mirrored.side is Side.RIGHT
    assert mirrored.evidence == (
        "head turned to the right by 40 deg, left shoulder leading, upright"
    )


# Vocabulary


def test_twenty_signs_each_once():
    names = [sign.name for sign in vocabulary().signs]
    assert len(names) == len(set(names)) == 20


@pytest.mark.parametrize("sign", vocabulary().signs, ids=lambda sign: sign.name)
def test_phrases_name_the_side_where_there_is_one(sign):
    plain = sign.worded()
    assert plain == sign.worded(Side.UNKNOWN) == plain.strip()
    assert not set("[]{}") & set(plain)
    for side in (Side.LEFT, Side.RIGHT, Side.BILATERAL):
        named = "both sides" if side is Side.BILATERAL else f"the {side}"
        assert (named in sign.worded(side)) == sign.is_sided
        assert sign.worded(side).startswith(plain)


def test_no_phrase_lies_in_another():
    phrases = [sign.worded() for sign in vocabulary().signs]
    assert sum(a in b for a in phrases for b in phrases) == len(phrases)


@pytest.mark.parametrize("sign", vocabulary().signs, ids=lambda sign: sign.name)
def test_signs_are_complete(sign):
    assert sign.group in vocabulary().groups
    assert sign.modality in {"video", "audio"}
    assert sign.minimum_duration > 0
    assert sign.definition.endswith(".")
    assert "?" in sign.question
    assert sign.sources
    assert sign.sides
    assert Side.UNKNOWN not in sign.sides
    assert (Side.LEFT in sign.sides) == (Side.RIGHT in sign.sides)
    assert sign.allows(Side.UNKNOWN) == sign.is_sided
    if not sign.is_sided:
        assert sign.sides == (Side.NONE,)
    if sign.hed is not None:
        assert sign.hed.startswith("HED_")
    if sign.hpo is not None:
        assert sign.hpo.startswith("HP:")
    assert sign_named(sign.name) is sign


def test_every_group_has_signs_and_scales_are_powers_of_ten():
    assert {sign.group for sign in vocabulary().signs} == set(vocabulary().groups)
    for kind in vocabulary().measures.values():
        assert kind.scale in {1, 10, 100, 1000}
        assert kind.title


def test_names_are_words_of_the_rule_language():
    words = vocabulary()
    names = [*words.by_name, *words.measures, *words.reasons, *words.groups]
    names += [str(side) for side in Side]
    assert all(name.isidentifier() and name[0].islower() for name in names)


# Errors


def test_errors_are_one_family_with_exit_codes():
    codes = {kind: kind.exit_code for kind in S3nsError.__subclasses__()}
    assert codes == {InputError: 3, RuleError: 4, ModelError: 5, CapabilityError: 1}


def test_bad_value_suggests_the_nearest():
    assert bad_value("sign", "tonik", ["clonic", "tonic"]) == (
        "unknown sign 'tonik'; allowed are clonic, tonic. Did you mean 'tonic'?"
    )
    assert "mean" not in bad_value("sign", "zzz", ["clonic"])

"""Questions are answered, and read as nothing but questions."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s3ns.cli import main
from s3ns.facts import InputError
from s3ns.symbolic.query import answer_query, known_predicates, parse_query
from tests.symbolic.scenes import document

SCENE = (
    "tonic bilateral 10-20; clonic left 20-40 rate=3 @0.4; clonic right 25-30 rate=4; "
    "no close_eyes 0-60"
)


@pytest.fixture(scope="module")
def known(reasoner):
    return known_predicates(reasoner.base)


@pytest.fixture
def ask(reasoner, known):
    def answers(text, *scenes):
        query = parse_query(text, known)
        documents = [document(scene) for scene in scenes or [SCENE]]
        found = answer_query(query, documents, reasoner.base)
        return [tuple(answer.values.values()) for answer in found]

    return answers


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("seen(clonic, S, A, B, C)", [("left", 200, 400, 40), ("right", 250, 300, 90)]),
        ("seen(clonic, S, A, B, C) & (C >= 50)", [("right", 250, 300, 90)]),
        ("seen(clonic, S, A, B, _) & B-A > 10*10", [("left", 200, 400)]),
        (
            "seen(X,_,_,B,_) & seen(Y,_,A,_,_) & (A = B)",
            [("tonic", 200, "clonic", 200)],
        ),
        ("seen(S,_,_,_,_) & ~seen(S,left,_,_,_)", [("tonic",)]),
        ("seen(S,_,_,_,_) & ~unassessable(S,_,_,_)", [("clonic",), ("tonic",)]),
        ("measure(clonic,S,_,_,rate,V) & (V > 300)", [("right", 400)]),
        ("absent(close_eyes, A, B) & A < B", [(0, 600)]),
        ("reliable(clonic, S, _, _)", [("right",)]),
        ("seen(tonic,_,_,_,_)", [()]),
        ("seen(head_turning,_,_,_,_)", []),
        ("seen(S,_,A,_,_) & (A*2-1 == 199)", [("tonic", 100)]),
        ("seen(S,_,A,_,_) & (199 = A*2-1)", [("tonic", 100)]),
        ("seen(S,_,A,B,_) & (A+A = B)", [("tonic", 100, 200), ("clonic", 200, 400)]),
        ("seen(S,_,A,B,_) & (A+A = B*1)", [("tonic", 100, 200), ("clonic", 200, 400)]),
        ("seen(S,_,A,B,C) & 3*A=2*B+100 & A+A = B+100", []),
    ],
)
def test_answers(ask, text, rows):
    assert sorted(ask(text), key=str) == sorted(rows, key=str)


def test_conclusions_can_be_asked_for(ask):
    ((verdict,),) = ask("verdict(V)")
    assert verdict == "epileptic_seizure"
    assert ('"ES-04"', 103) in ask("supports(epileptic_seizure, R, P) & (P > 0)")
    assert ask('supports(_, "ES-04", P)') == [(103,)]


def test_recordings_are_kept_apart(ask):
    assert (
        ask("seen(tonic,_,_,_,_) & seen(clonic,_,_,_,_)", "tonic 1-9", "clonic 1-9")
        == []
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sen(tonic,_,_,_,_)", "character 1: unknown fact or conclusion 'sen'"),
        ("seen(tonik,_,_,_,_)", "Did you mean 'tonic'?"),
        ("seen(tonic,lft,_,_,_)", "character 12: unknown side 'lft'"),
        ("seen(tonic)", "seen has 5 places: sign, side, time, time, percent; got 1"),
        ("seen(S,_,A,B,_) & (X > 3)", "expected X in a fact that must hold"),
        ("~seen(S,_,_,_,_)", "expected S in a fact that must hold"),
        ("seen(S,_,A,_,_) & S < A", "compares numbers with words"),
        ("seen(S,_,A,_,_) &", "expected a variable, a number or a word, got the end"),
        ("seen(S,_,A,_,_) A > 3", "expected '&' or the end, got 'A'"),
        ("", "got the end"),
        ("verdict(V)" + " & verdict(V)" * 40, "at most 12 conditions"),
        ("verdict(V) & " * 100, "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_told(ask, text, said):
    with pytest.raises(InputError) as caught:
        ask(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch hacked')",
        "seen(S,_,A,B,_) & (S.upper() == 'X')",
        "seen(__class__,_,_,_,_)",
        "+seen(tonic,left,1,2,3)",
        "seen(X,_,_,_,_) <= absent(X,_,_)",
        "verdict(lambda)\nimport os",
        "verdict(V) & (V == 2**99999999)",
        "verdict(V) & (V == 99999999999999)",
        'verdict("\\x27); print(1) #")',
        "verdict(V) & eval(V)",
    ],
)
def test_nothing_but_questions_is_read(ask, text):
    with pytest.raises(InputError):
        ask(text)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from('seen(tonic,_SABC)&~ ><=+-*0159"absent'), max_size=60)
)
@example(text="(" * 900)
@example(text="-" * 900)
def test_any_text_is_read_or_refused(known, text):
    with suppress(InputError):  # any other error fails
        parse_query(text, known)


@pytest.fixture
def paths(tmp_path):
    written = []
    for name, scene in (("a", SCENE), ("b", "tonic left 1-9")):
        one = document(scene)
        recording = msgspec.structs.replace(one.recording, id=f"rec_{name}")
        written.append(tmp_path / f"Doe_{name}.json")
        msgspec.structs.replace(one, recording=recording).write(written[-1])
    return [str(path) for path in written]


def test_command_prints_a_table_or_json(paths):
    question = "seen(tonic, Side, Start, _, C)"
    shown = CliRunner().invoke(main, ["query", question, *paths])
    assert shown.exit_code == 0, shown.output
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines == [
        ["recording", "Side", "Start", "C"],
        ["rec_a", "bilateral", "00:10.0", "90"],
        ["rec_b", "left", "00:01.0", "90"],
    ]
    assert shown.stderr == "2 answers in 2 recordings\n"
    printed = CliRunner().invoke(main, ["query", "--json", question, *paths])
    assert json.loads(printed.stdout)[1] == {
        "recording": "rec_b",
        "values": {"Side": "left", "Start": 10, "C": 90},
    }


def test_command_says_where_a_question_is_wrong(paths):
    failed = CliRunner().invoke(main, ["query", "seen(tonic", *paths])
    assert failed.exit_code == 3
    assert failed.stderr == (
        "Error: question, character 11: expected ')', got the end\n"
    )

"""Answers are kept by what is known of the weights, not by the name alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from s3ns.neural.mllm.served import Description, described
from tests.neural.mllm.conftest import Extract
from tests.neural.mllm.stub_server import NO, stub_server

moment = itertools.count(1_700_000_000)


def vllm(root: str) -> dict[str, object]:
    """Return what vLLM says, anew at each time it is asked."""
    card = {
        "id": "some-model",
        "object": "model",
        "created": next(moment),
        "owned_by": "vllm",
        "root": root,
        "parent": None,
        "max_model_len": 32768,
        "permission": [{"id": f"modelperm-{next(moment)}", "created": next(moment)}],
    }
    other = card | {"id": "another", "root": f"/models/{next(moment)}"}
    return {"/v1/models": {"object": "list", "data": [other, card]}}


def ollama(digest: str) -> dict[str, object]:
    card = {"id": "some-model", "object": "model", "created": 1, "owned_by": "library"}
    tag = {"name": "some-model:latest", "digest": digest}
    return {
        "/v1/models": {"object": "list", "data": [card]},
        "/api/tags": {"models": [{"name": "another", "digest": "9"}, tag]},
    }


@pytest.mark.parametrize("kind", [vllm, ollama])
def test_two_models_of_one_name_are_told_apart(extract: Extract, kind: object) -> None:
    port = 0

    def asked(which: str) -> tuple[int, object]:
        nonlocal port
        pages = kind(which)  # type: ignore[operator]
        with stub_server(lambda body: NO, pages, port=port) as stub:
            document = extract(stub.url, signs="tonic")
        port = stub.port
        (step,) = document.provenance
        assert step.remarks == ()
        assert which not in document.to_json()  # it may be a path
        return len(stub.bodies), step.parameters["model"]

    first = asked("/models/one")
    assert first[0] == 2
    again = asked("/models/one")
    assert again == (0, first[1])
    other = asked("/models/other")
    assert other[0] == 2
    assert other[1] != first[1]


@pytest.mark.parametrize(
    ("pages", "asked_again"),
    [({}, 2), (vllm("/models/current"), 2), (ollama("sha256:1"), 0)],
    ids=["says_nothing", "says_what_another_may_say", "states_its_weights"],
)
def test_two_servers_share_answers_only_if_their_weights_are_the_same(
    extract: Extract, tmp_path: Path, pages: dict[str, object], asked_again: int
) -> None:
    with stub_server(lambda body: NO, pages) as one:
        document = extract(one.url, signs="tonic")
        assert extract(one.url, signs="tonic") == document
        assert len(one.bodies) == 2
        with stub_server(lambda body: NO, pages) as other:
            assert extract(other.url, signs="tonic") == document
    assert len(other.bodies) == asked_again
    told = document.to_json() + " ".join(
        f"{file.name} {file.read_text()}" for file in (tmp_path / "answers").iterdir()
    )
    for server in (one, other):
        assert f":{server.port}" not in told
    assert "127.0.0.1" not in told


def test_a_server_that_says_nothing_is_told_apart_by_name(extract: Extract) -> None:
    for pages in ({}, {"/v1/models": {"data": [{"id": "some-model"}]}}):
        with stub_server(lambda body: NO, pages) as stub:
            document = extract(stub.url, signs="tonic", cache="off")
        (step,) = document.provenance
        assert step.parameters["model"] == "some-model"
        assert "does not tell which weights" in step.remarks[0]
        assert "by its address" in step.remarks[0]


@pytest.mark.parametrize(
    "page", [None, [], "x", 3, {"data": 3}, {"data": [3]}, {"data": [{}]}, {"a": None}]
)
def test_what_a_server_says_may_be_anything(page: object) -> None:
    found = described("m", "/v1", lambda _: page)
    assert found == Description("", is_of_weights=False)

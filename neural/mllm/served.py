"""What a server says of the model that it runs, so that two of one name are told apart.

A name is what an operator chose; behind it there may be other weights tomorrow. Servers
describe a model in ``/models``: where its weights come from, its adapters, its size,
its longest context (vLLM, SGLang, LMDeploy, llama.cpp). Ollama states the hash of the
weights elsewhere. Of all that only a hash is kept: it may hold paths of the server.

Only a hash of the weights proves which they are. Two servers may describe other weights
in the same words, so that elsewhere an address tells servers apart as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

Get = Callable[[str], Any]
"""Fetches JSON from a path of the server; ``None`` if there is none."""

MODELS, OLLAMA_TAGS = "/models", "/api/tags"

_OF_THE_MOMENT = {"created", "permission"}
"""What servers make anew for each answer."""
_SAYS_NOTHING = {"id", "object", "owned_by"}


class Description(NamedTuple):
    """What a server says of a model.

    Attributes
    ----------
    hash
        Of all that it says; empty if only the name.
    is_of_weights
        Whether that is a hash of the weights themselves.
    """

    hash: str
    is_of_weights: bool


def described(name: str, base: str, get: Get) -> Description:
    """Return what a server says of a model.

    Parameters
    ----------
    name
        The model.
    base
        Path of the server's interface, such as ``/v1``.
    get
        Fetches from the server.
    """
    cards = _entries(get(base + MODELS), "data")
    own = [card for card in cards if card.get("id") == name] or cards
    said = [{k: v for k, v in card.items() if k not in _OF_THE_MOMENT} for card in own]
    is_of_weights = all(card.keys() <= _SAYS_NOTHING for card in said)
    if is_of_weights:
        tags = _entries(get(base.removesuffix("/v1") + OLLAMA_TAGS), "models")
        full = {name, f"{name}:latest"}
        said = [{"digest": t["digest"]} for t in tags if _is(t, full)]
    if not said:
        return Description("", is_of_weights=False)
    text = json.dumps(said, sort_keys=True)
    return Description(hashlib.sha256(text.encode()).hexdigest()[:12], is_of_weights)


def _entries(answer: Any, key: str) -> list[dict[str, Any]]:
    found = answer.get(key) if isinstance(answer, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _is(tag: dict[str, Any], names: set[str]) -> bool:
    return tag.get("name") in names and bool(tag.get("digest"))

"""Trying rules in a process of their own, with a limit on time and memory.

Grounding cannot be stopped from within, and a few harmless looking lines can ask for
more memory than there is. Rules that come from elsewhere are applied to findings of
every sign once, where that can do no harm, before they are used.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import product

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Observation,
    Recording,
    RuleError,
    Step,
    Unassessable,
    vocabulary,
)
from s3ns.symbolic.check_records import Place, Problems

SECONDS = 20
"""Of computing; more than the rules of s3ns take by far."""

_PATIENCE = 6
"""How many times longer a busy machine may take over these seconds."""

MEGABYTES = 1024

_STRETCHES = ((5.0, 25.0), (28.0, 60.0), (70.0, 200.0))
_REFUSED = 4
_OUT_OF_MEMORY = 5
_OUT_OF_TIME = {-getattr(signal, name, 0) for name in ("SIGXCPU", "SIGKILL")} - {0}


def check_trial(layers: Iterable[Mapping[str, bytes]], problems: Problems) -> None:
    """Apply rules to findings of every sign, and report if that takes too much."""
    texts = list(layers)
    place = Place(min(texts[-1]), 1, 1)
    packed = [
        {name: base64.b64encode(raw).decode() for name, raw in layer.items()}
        for layer in texts
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "s3ns.symbolic.check_trial"],
            input=json.dumps({"seconds": SECONDS, "layers": packed}),
            capture_output=True,
            text=True,
            timeout=_PATIENCE * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        problems.add(place, "R055", limit=f"{SECONDS} s")
        return
    if done.returncode in _OUT_OF_TIME:
        problems.add(place, "R055", limit=f"{SECONDS} s")
    elif done.returncode == _OUT_OF_MEMORY or done.returncode < 0:
        problems.add(place, "R055", limit=f"{MEGABYTES} MB of memory")
    elif done.returncode != 0:
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        problems.add(place, "R056", reason=said[-1] if said else "unknown")


def crowded() -> Document:
    """Return a Document with every sign seen several times on every side."""
    words = vocabulary()
    measures = dict.fromkeys(words.measures, 3.0)
    items: list[Observation] = []
    for sign, (start, end) in product(words.signs, _STRETCHES):
        items += [
            Finding(
                sign=sign.name,
                side=side,
                start=start + 0.7 * number,
                end=end,
                measures=measures,
                source="trial",
            )
            for number, side in enumerate(sign.sides)
        ]
        items.append(Absence(sign=sign.name, start=end, end=end + 2.0, source="trial"))
        items += [
            Unassessable(
                sign=sign.name,
                reason=reason,
                start=end + 2.0,
                end=end + 2.5,
                source="trial",
            )
            for reason in words.reasons
        ]
    empty = Document(recording=Recording(id="trial", duration=240.0))
    return empty.with_observations(
        items, Step(stage="extract", tool="s3ns", version="")
    )


def _limit(seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415  (not everywhere)
    except ImportError:  # on Windows waiting alone is limited
        return
    size = MEGABYTES * 1024 * 1024
    with suppress(ValueError, OSError):  # not on every system
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _main() -> int:
    """Apply the rules that come on the standard input."""
    # Imported here: the reasoner loads rules, and these are tried by this module.
    from s3ns.symbolic.reasoner import Reasoner  # noqa: PLC0415
    from s3ns.symbolic.rulebase import RuleBase  # noqa: PLC0415

    packed = json.load(sys.stdin)
    _limit(packed["seconds"])
    try:
        base = RuleBase(
            *(
                {name: base64.b64decode(raw) for name, raw in layer.items()}
                for layer in packed["layers"]
            )
        )
        Reasoner.of(base).reason(crowded())
    except RuleError as error:
        print(error)
        return _REFUSED
    except MemoryError:
        return _OUT_OF_MEMORY
    except RuntimeError as error:
        if "bad_alloc" in str(error):
            return _OUT_OF_MEMORY
        print(" ".join(str(error).split()))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main())

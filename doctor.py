"""What a user needs to know when something does not work."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from s3ns import __version__
from s3ns.facts import CapabilityError, ModelError, RuleError

_PACKAGES = (
    "av",
    "clingo",
    "click",
    "msgspec",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "scipy",
)
_OPTIONAL = {"onnxruntime", "onnxruntime-gpu"}
# The smallest model; opening it shows whether a device works.
_TRIAL_MODEL = "face_detection_short_range"

State = Literal["ok", "note", "missing", "damaged", "wrong"]


@dataclass(frozen=True)
class Entry:
    """One line of the examination.

    Attributes
    ----------
    topic, name
        What was looked at.
    state
        ``note`` is neither good nor bad.
    value
        What was found.
    exit_code
        What the command line returns because of it, 0 if nothing is wrong.
    """

    topic: str
    name: str
    state: State
    value: str
    exit_code: int = 0


def examine(
    *, models: Path | None, device: str, rules: Path | None, rules_only: bool = False
) -> Iterable[Entry]:
    """Look at versions, runtime, models and rules.

    Yields
    ------
    Entries, those of one topic together.
    """
    yield Entry("versions", "s3ns", "ok", __version__)
    yield Entry("versions", "python", "ok", platform.python_version())
    yield Entry("versions", "system", "ok", platform.platform(terse=True))
    yield from map(_package, _PACKAGES)
    model_entries = list(_models(models))
    yield from _runtime(models, device, trial=not _any_wrong(model_entries))
    yield from model_entries
    yield _rules(rules, alone=rules_only)


def examine_settings(
    settings: Mapping[str, object], source: Callable[[str], str]
) -> Iterable[Entry]:
    """Tell the value of each setting and where it comes from.

    Parameters
    ----------
    settings
        Values by name; ``None`` stands for what is used by default.
    source
        Tells where the value of a name comes from.
    """
    from s3ns.neural.models import default_root  # noqa: PLC0415  (loads numpy)

    defaults = {"models": default_root(), "rules": "those that s3ns ships"}
    for name, value in settings.items():
        shown = defaults.get(name, "none") if value is None else value
        yield Entry("settings", name, "ok", f"{shown} ({source(name)})")


def exit_code(entries: Iterable[Entry]) -> int:
    """Return 0 if all is well, else the code of what stands in the way most."""
    return max((entry.exit_code for entry in entries), default=0)


def _any_wrong(entries: Iterable[Entry]) -> bool:
    return any(entry.exit_code for entry in entries)


def _package(name: str) -> Entry:
    try:
        return Entry("versions", name, "ok", version(name))
    except PackageNotFoundError:
        # One of two runtimes suffices; whether one is there is looked at apart.
        if name in _OPTIONAL:
            return Entry("versions", name, "note", "not installed")
        return Entry("versions", name, "missing", "not installed", exit_code=1)


def _runtime(models: Path | None, device: str, *, trial: bool) -> Iterable[Entry]:
    try:
        import onnxruntime  # noqa: PLC0415  (slow to load, and may not be there)
    except ImportError:
        advice = "not installed; run pip install 's3ns[cpu]' or 's3ns[gpu]'"
        yield Entry("runtime", "onnxruntime", "missing", advice, exit_code=1)
        return
    providers = ", ".join(onnxruntime.get_available_providers())
    yield Entry("runtime", "providers", "ok", providers)
    if not trial:
        yield Entry("runtime", f"device {device}", "note", "not tried without models")
        return
    from s3ns.neural.models import ModelStore  # noqa: PLC0415
    from s3ns.neural.runtime import open_model  # noqa: PLC0415

    try:
        model = open_model(ModelStore(models).path(_TRIAL_MODEL), device)
    except (CapabilityError, ModelError) as error:
        yield Entry("runtime", f"device {device}", "wrong", str(error), exit_code=1)
        return
    remark = f" ({model.remark})" if model.remark else ""
    yield Entry("runtime", f"device {device}", "ok", f"runs on {model.device}{remark}")


def _models(root: Path | None) -> Iterable[Entry]:
    from s3ns.neural.models import ModelStore  # noqa: PLC0415  (loads numpy)

    for status in ModelStore(root).status():
        size = f"{status.size / 1e6:.1f} MB, " if status.size else ""
        wrong = 0 if status.state == "ok" else ModelError.exit_code
        advice = "; run s3ns models pull" if wrong else ""
        value = f"{size}{status.origin}{advice}"
        yield Entry("models", status.name, status.state, value, exit_code=wrong)


def _rules(folder: Path | None, *, alone: bool) -> Entry:
    from s3ns.symbolic import RuleBase  # noqa: PLC0415  (loads clingo)

    try:
        base = RuleBase.load(folder, alone=alone)
    except RuleError as error:
        return Entry("rules", "rules", "wrong", str(error), RuleError.exit_code)
    value = f"{len(base.rules)} rules in {len(base.files)} files"
    return Entry("rules", "rules", "ok", value)

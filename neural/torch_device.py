"""What PyTorch runs on."""

from __future__ import annotations

from s3ns.facts import CapabilityError, bad_value

TORCH_DEVICES = ("auto", "cpu", "cuda")


def torch_device(name: str) -> str:
    """Return ``cpu`` or ``cuda``; PyTorch must be installed.

    Raises
    ------
    CapabilityError
        If there is no device of that name, or it is not there.
    """
    import torch

    if name not in TORCH_DEVICES:
        raise CapabilityError(bad_value("device of PyTorch", name, TORCH_DEVICES))
    is_there = torch.cuda.is_available()
    if name == "cuda" and not is_there:
        raise CapabilityError(
            "device cuda was asked for, but PyTorch finds no GPU; check `nvidia-smi`, "
            "or use --device cpu"
        )
    return "cuda" if is_there and name != "cpu" else "cpu"

"""Packages that only training and export need."""

from __future__ import annotations

import importlib

from s3ns.facts import CapabilityError


def require(*names: str, install: str = "'s3ns[train]'") -> None:
    """Load the packages that a task needs.

    Parameters
    ----------
    names
        The packages.
    install
        What to give to pip for them.

    Raises
    ------
    CapabilityError
        If one is not installed, or does not fit those beside it.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise CapabilityError(
                f"this needs the package {name.partition('.')[0]}, which is not "
                f"installed; run `pip install {install}`"
            ) from error
        except (RuntimeError, OSError) as error:
            # torchvision built for another torch fails in this way
            raise CapabilityError(
                f"the package {name} does not load ({str(error).splitlines()[0]}); "
                "run `pip install --upgrade torch torchvision` to fit them together"
            ) from error

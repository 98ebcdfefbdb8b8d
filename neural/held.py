"""Running a model again and again in the same memory, on a GPU as one CUDA graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnxruntime

Array = npt.NDArray[Any]

_GRAPH = "1"
NO_GRAPH = "-1"
"""Number of the graph of a run that neither records nor repeats one."""


class HeldMemory:
    """Memory for inputs and outputs of one shape, in the same place for every run.

    With nothing allocated in between, a GPU can record a run as a CUDA graph: later
    ones start as a whole, and not kernel by kernel.

    Parameters
    ----------
    session
        What is run.
    place
        Where the memory is, ``cpu`` or ``cuda``.
    given, made
        Inputs and outputs by name, as they come; these have the shapes.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        place: str,
        given: Mapping[str, Array],
        made: Mapping[str, Array],
    ) -> None:
        from onnxruntime import OrtValue

        self._session = session
        self._binding = session.io_binding()
        self._options = naming_graph(_GRAPH)
        self._kinds = {name: _kind(value) for name, value in given.items()}
        # On the CPU the memory is that of the array: it must not be the caller's.
        self._inputs = {
            name: OrtValue.ortvalue_from_numpy(np.array(value, order="C"), place, 0)
            for name, value in given.items()
        }
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in made.items():
            kept = OrtValue.ortvalue_from_shape_and_type(
                value.shape, value.dtype.type, place, 0
            )
            self._binding.bind_ortvalue_output(name, kept)

    def fits(self, given: Mapping[str, Array]) -> bool:
        """Tell whether inputs are of the shapes and types that memory is kept for."""
        return {name: _kind(value) for name, value in given.items()} == self._kinds

    def run(self, given: Mapping[str, Array]) -> list[Array]:
        """Return the outputs in order."""
        for name, value in given.items():
            self._inputs[name].update_inplace(np.asarray(value, order="C"))
        self._session.run_with_iobinding(self._binding, self._options)
        # Copied, so that they outlive the next run.
        return [np.array(value) for value in self._binding.copy_outputs_to_cpu()]


def _kind(value: Array) -> tuple[tuple[int, ...], str]:
    array = np.asarray(value)
    return array.shape, str(array.dtype)


def naming_graph(number: str) -> Any:
    """Return the options of a run that records and repeats the graph of a number."""
    from onnxruntime import RunOptions

    options = RunOptions()
    options.add_run_config_entry("gpu_graph_id", number)
    return options

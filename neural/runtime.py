"""Running ONNX models with onnxruntime, on the device that was asked for."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from s3ns.facts import CapabilityError, ModelError, bad_value
from s3ns.neural.held import NO_GRAPH, HeldMemory, naming_graph

if TYPE_CHECKING:
    import onnxruntime

Array = npt.NDArray[Any]

DEVICES = ("auto", "cpu", "cuda", "tensorrt")

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_RECORDING = {
    "cuda": {"enable_cuda_graph": "1"},
    "tensorrt": {"trt_cuda_graph_enable": "1"},
}
_FATAL_ONLY = 4
LONGEST_REASON = 200
_NOISE = (
    re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |^Error in execution: "),
    # the line of source that failed: file, function, template arguments
    re.compile(r"/\S+?\.(?:cc|h):\d+ .*?\([^()]*\)(?: const)?(?: \[with [^]]*\])? ?"),
    re.compile(r" ?; GPU=.*$| Please fix either .*$"),
)
_MODEL_ERRORS = {
    "InvalidGraph",
    "InvalidProtobuf",
    "NoModel",
    "NoSuchFile",
    "NotImplemented",
}


@dataclass(frozen=True)
class Port:
    """An input or output of a model.

    Attributes
    ----------
    name
        Its name.
    shape
        Size of each axis; ``None`` where any size will do, such as the batch.
    dtype
        Type of the values, as onnxruntime words it: ``tensor(float)``.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str


class Model:
    """An open model.

    Attributes
    ----------
    device
        What it runs on: ``cpu``, ``cuda`` or ``tensorrt``.
    remark
        What a reader of the results should know about the device, or nothing; complete
        once all is run.
    inputs, outputs
        Its inputs and outputs in order.
    metadata
        What its maker wrote into it, by key.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        name: str,
        device: str,
        remark: str,
        *,
        steady: bool,
    ) -> None:
        self._session = session
        self._name = name
        self._is_steady = steady
        self._held: HeldMemory | None = None
        self._without_graph = naming_graph(NO_GRAPH)
        self._place = "cpu" if device == "cpu" else "cuda"
        self.device = device
        self.remark = remark
        self.inputs = tuple(_port(value) for value in session.get_inputs())
        self.outputs = tuple(_port(value) for value in session.get_outputs())
        self.metadata = dict(session.get_modelmeta().custom_metadata_map)

    def run(self, *values: Array, **named: Array) -> dict[str, Array]:
        """Run the model once.

        Parameters
        ----------
        values
            Inputs in the order of ``inputs``.
        named
            Inputs by name.

        Returns
        -------
        The outputs by name.

        Raises
        ------
        ModelError
            If the inputs are not those of the model, or the run fails.
        """
        names = [port.name for port in self.inputs]
        feed = dict(zip(names, values, strict=False)) | named
        if len(values) + len(named) != len(names) or set(feed) != set(names):
            raise ModelError(
                f"expected the inputs {', '.join(names)} for model {self._name}; came "
                f"{len(values)} in order and by name {', '.join(named) or 'none'}"
            )
        try:
            results = self._results(feed)
        except _runtime_errors() as error:
            raise ModelError(
                f"model {self._name} failed on {self.device}: {_one_line(error)}"
            ) from error
        return {
            port.name: result
            for port, result in zip(self.outputs, results, strict=True)
        }

    def _results(self, feed: Mapping[str, Array]) -> list[Array]:
        if self._held is not None and self._held.fits(feed):
            try:
                return self._held.run(feed)
            except _runtime_errors() as error:
                self._held, self._is_steady = None, False
                said = f"memory could not be held ({_one_line(error)})"
                self.remark = "; ".join(filter(None, (self.remark, said)))
        results = self._run_bound(feed)
        if self._is_steady and self._held is None:
            made = {p.name: r for p, r in zip(self.outputs, results, strict=True)}
            self._held = HeldMemory(self._session, self._place, feed, made)
        return results

    def _run_bound(self, feed: Mapping[str, Array]) -> list[Array]:
        # Bound, each input crosses to the GPU once and each output comes back once,
        # copied in one go. On the CPU it costs nothing, and is the same code.
        binding = self._session.io_binding()
        for name, value in feed.items():
            binding.bind_cpu_input(name, np.asarray(value, order="C"))
        for port in self.outputs:
            binding.bind_output(port.name, self._place)
        self._session.run_with_iobinding(binding, self._without_graph)
        return list(binding.copy_outputs_to_cpu())


def open_model(
    path: Path, device: str = "auto", *, steady: bool = False, threads: int = 1
) -> Model:
    """Open an ONNX model.

    Parameters
    ----------
    path
        The model's file.
    device
        ``cpu``, ``cuda`` or ``tensorrt``, or ``auto`` for CUDA where it works and the
        CPU elsewhere.
    steady
        Whether inputs of one shape come again and again, from one thread: memory is
        then kept for them, and a GPU records a CUDA graph.
    threads
        Of the CPU.

    Raises
    ------
    CapabilityError
        If onnxruntime is not installed, there is no device of that name, or the device
        is not there.
    ModelError
        If the file is missing or damaged.
    """
    if device not in DEVICES:
        raise CapabilityError(bad_value("device", device, DEVICES))
    runtime = _import_runtime()
    if not path.is_file():
        raise ModelError(f"model {path.stem} is not in {path.parent}")
    open_on = partial(_open, runtime, path, steady=steady, threads=threads)
    if device != "auto":
        return open_on(device, "")
    if not knows_device("cuda"):
        return open_on("cpu", "no GPU runtime is installed; ran on the CPU")
    try:
        return open_on("cuda", "")
    except CapabilityError as error:
        return open_on("cpu", f"{error}; ran on the CPU")


def knows_device(device: str) -> bool:
    """Tell whether the installed runtime was built for a device.

    Raises
    ------
    CapabilityError
        If onnxruntime is not installed.
    """
    return _PROVIDERS[device] in _import_runtime().get_available_providers()


def check_device(device: str) -> None:
    """Refuse a device that the installed runtime was not built for.

    Raises
    ------
    CapabilityError
        If it was not, or onnxruntime is not installed.
    """
    if not knows_device(device):
        raise CapabilityError(
            f"device {device} was asked for, but the installed ONNX runtime knows no "
            f"{_PROVIDERS[device]}; run `pip uninstall onnxruntime` and `pip install "
            "'s3ns[gpu]'`"
        )


def _import_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise CapabilityError(
            "no ONNX runtime is installed; run `pip install 's3ns[cpu]'` or "
            "`pip install 's3ns[gpu]'`"
        ) from error
    # What goes wrong comes as an exception; the log would say it again, in many lines,
    # also where `auto` goes on without a GPU.
    onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    return onnxruntime


def _open(
    runtime: Any,
    path: Path,
    device: str,
    remark: str,
    *,
    steady: bool,
    threads: int,
    recording: bool = True,
) -> Model:
    check_device(device)
    records = steady and recording and device in _RECORDING
    if device != "cpu" and hasattr(runtime, "preload_dlls"):
        # It finds CUDA and cuDNN where pip has put them, and prints what it does not
        # find to the standard output, where results go.
        with contextlib.redirect_stdout(io.StringIO()):
            runtime.preload_dlls()
    try:
        session = runtime.InferenceSession(
            str(path),
            _session_options(runtime, threads),
            providers=_with_fallbacks(device, records=records),
            enable_fallback=0,  # it would print, and go on without the device
        )
    except _runtime_errors() as error:
        if records:  # a part of the model may have to run on the CPU
            remark = f"no CUDA graph is recorded ({_one_line(error)})"
            return _open(
                runtime,
                path,
                device,
                remark,
                steady=steady,
                threads=threads,
                recording=False,
            )
        if device != "cpu" and not _is_about_the_model(error):
            raise CapabilityError(_did_not_start(device, _one_line(error))) from error
        raise ModelError(
            f"model {path.stem} cannot be opened: {_one_line(error)}; "
            "run `s3ns models pull`"
        ) from error
    if _PROVIDERS[device] not in session.get_providers():
        # a provider whose libraries do not load is left out without an exception
        raise CapabilityError(_did_not_start(device, "a library does not load"))
    return Model(session, path.stem, device, remark, steady=steady)


def _did_not_start(device: str, reason: str) -> str:
    needs = "CUDA, cuDNN and TensorRT" if device == "tensorrt" else "CUDA and cuDNN"
    return (
        f"device {device} was asked for, but it did not start ({reason}); check that "
        f"`nvidia-smi` shows a GPU and that {needs} are there in the versions that the "
        "installed onnxruntime-gpu wants"
    )


def _with_fallbacks(
    device: str, *, records: bool
) -> Sequence[tuple[str, dict[str, str]]]:
    """Return the provider of a device, then those for operators it does not have."""
    order = {"tensorrt": ("tensorrt", "cuda", "cpu"), "cuda": ("cuda", "cpu")}
    settings = {device: _RECORDING[device]} if records else {}
    names = order.get(device, ("cpu",))
    return [(_PROVIDERS[name], settings.get(name, {})) for name in names]


def _session_options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    # The models are too small to share between threads: two threads that spin were
    # measured at half the speed of one. Stages of the analysis run side by side.
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    spins = str(int(threads > 1))
    options.add_session_config_entry("session.intra_op.allow_spinning", spins)
    options.log_severity_level = _FATAL_ONLY
    return options


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of onnxruntime; they have no common root but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = [
        kind
        for kind in vars(state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    # providers that do not start, and inputs of a wrong type, come as these
    return (*kinds, RuntimeError, ValueError, TypeError)


def _is_about_the_model(error: Exception) -> bool:
    return type(error).__name__ in _MODEL_ERRORS


def _one_line(error: Exception) -> str:
    """Return what onnxruntime says, without codes, signatures and line breaks."""
    text = " ".join(str(error).split())
    for noise in _NOISE:
        text = noise.sub("", text)
    return text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + "…"


def _port(value: Any) -> Port:
    shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    return Port(value.name, shape, value.type)

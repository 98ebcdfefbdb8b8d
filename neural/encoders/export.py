"""Writing a network as an ONNX file that states where it comes from.

::

    torch -> dynamo exporter -> fp32 -> (fp16 | calibrated int8) -> check -> file

The file has standard operators only; onnxruntime fuses them for the device when it
opens it. The way by the dynamo exporter needs opset 23, whose Attention operator keeps
attention in one piece.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from torch import nn

from s3ns import __version__
from s3ns.facts import ModelError
from s3ns.neural.encoders.checkpoint import weights_hash
from s3ns.neural.encoders.parity import OutputParity, compare
from s3ns.neural.models.store import put_file

OPSET = 23
MOST_FP32 = 1e-4
"""Largest difference from torch that an fp32 file may show."""

LARGEST_FILE = 2**31 - 2**20
"""Bytes; a single file cannot be larger than 2 GiB, and weights then lie beside it."""

Precision = Literal["fp32", "fp16", "int8"]
Sample = Sequence[np.ndarray]


@dataclass(frozen=True)
class Calibration:
    """Inputs as they occur, for 8-bit files.

    Attributes
    ----------
    ranges
        What the ranges of the values are measured on.
    unseen
        What the file is compared on: on inputs that set them, ranges hold too well, and
        on noise not at all.
    """

    ranges: Sequence[Sample]
    unseen: Sequence[Sample]


@dataclass(frozen=True)
class Exportable:
    """A network with what is needed to write it.

    Attributes
    ----------
    network
        Takes the samples' arrays as tensors, in order.
    inputs, outputs
        Names.
    samples
        Inputs to compare on; the first one is traced.
    batched
        Whether the first axis of the input is a batch of any size.
    metadata
        What the file is to state, beside versions and hashes.
    reference
        The network to compare with, where another one was rewritten for the export.
    single
        The network to write as fp32 in its place: the same but for rounding, and
        quicker there. Half precision and 8 bits keep the plain form, whose values have
        a narrower range.
    """

    network: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    samples: Sequence[Sample]
    batched: bool
    metadata: Mapping[str, str]
    reference: nn.Module | None = None
    single: nn.Module | None = None

    @property
    def original(self) -> nn.Module:
        """The network as it was before any rewriting."""
        return self.reference or self.network


def export(
    wanted: Exportable,
    path: Path,
    *,
    precision: Precision = "fp32",
    calibration: Calibration | None = None,
) -> list[OutputParity]:
    """Write an ONNX file, after it was compared with torch.

    Parameters
    ----------
    wanted
        The network.
    path
        Where to write; weights of more than 2 GiB lie beside it, in ``NAME.data``.
    precision
        ``fp32``; ``fp16``, with inputs and outputs as before; or ``int8``, with 8-bit
        convolutions and matrix products.
    calibration
        Needed for ``int8``.

    Returns
    -------
    The differences from torch, output by output.

    Raises
    ------
    ModelError
        If an fp32 file does not give what torch gives; then nothing is written.
    """
    if (calibration is not None) != (precision == "int8"):
        raise ValueError("calibration is for int8, which needs it")
    network = wanted.network.eval()
    written = wanted.single if precision == "fp32" and wanted.single else network
    with tempfile.TemporaryDirectory(prefix="s3ns-export-") as scratch:
        file = Path(scratch) / "model.onnx"
        _trace(wanted, written.eval(), file)
        if precision == "fp16":
            _to_half(file)
        elif calibration is not None:
            _to_int8(file, wanted.inputs, calibration.ranges)
        model = onnx.load(file)
        _state(model, precision, weights_hash(network), wanted.metadata)
        beside = _write(model, file.with_name(path.name))
        file = file.with_name(path.name)
        samples = calibration.unseen if calibration else wanted.samples
        parity = compare(wanted.original, file, samples)
        for output in parity:
            # NaN is not larger than anything
            if precision == "fp32" and not output.largest <= MOST_FP32:
                raise ModelError(
                    f"{output.output} of the exported network differs from torch by "
                    f"{output.largest:.1e}, more than {MOST_FP32:g}; nothing was "
                    "written"
                )
        for part in (*beside, file):  # the file itself last: it needs the other
            put_file(path.with_name(part.name), part.read_bytes(), path.parent)
    return parity


def _write(model: onnx.ModelProto, file: Path) -> list[Path]:
    """Write a model, and return the file beside it that holds large weights, if any."""
    if model.ByteSize() <= LARGEST_FILE:
        onnx.save(model, file)
        return []
    weights = file.with_name(f"{file.name}.data")
    weights.unlink(missing_ok=True)  # what the tracer left would be added to
    onnx.save(model, file, save_as_external_data=True, location=weights.name)
    return [weights]


def _trace(wanted: Exportable, network: nn.Module, file: Path) -> None:
    example = tuple(torch.from_numpy(np.asarray(value)) for value in wanted.samples[0])
    shapes = None
    if wanted.batched:
        # A batch of one would be taken for a constant.
        example = tuple(torch.cat([value, value]) for value in example)
        batch = torch.export.Dim("batch")
        shapes = tuple({0: batch} for _ in example)
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter warns about how it itself calls torch.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(wanted.inputs),
            output_names=list(wanted.outputs),
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    program.save(file)


def _to_half(file: Path) -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Named by its path, a model may be larger than 2 GiB.
    onnx.save(convert_float_to_float16(str(file), keep_io_types=True), file)


def _to_int8(file: Path, inputs: Sequence[str], ranges: Sequence[Sample]) -> None:
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._samples = iter(ranges)

        def get_next(self) -> dict[str, np.ndarray] | None:
            sample = next(self._samples, None)
            return None if sample is None else dict(zip(inputs, sample, strict=True))

    prepared = file.with_name("prepared.onnx")
    # Its symbolic shape inference knows only an older Attention; ONNX's own knows both.
    quantization.quant_pre_process(file, prepared, skip_symbolic_shape=True)
    quantization.quantize_static(
        prepared,
        file,
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        op_types_to_quantize=["Conv", "MatMul", "Gemm"],
    )


def _state(
    model: onnx.ModelProto,
    precision: Precision,
    weights: str,
    metadata: Mapping[str, str],
) -> None:
    onnx.helper.set_model_props(
        model,
        {
            "s3ns.version": __version__,
            "s3ns.precision": precision,
            "s3ns.weights_sha256": weights,
            "s3ns.exporter": f"torch {torch.__version__} dynamo, opset {OPSET}",
            **metadata,
        },
    )
    for node in model.graph.node:
        # The exporter notes lines of source, with the paths of this machine.
        del node.metadata_props[:]
        node.doc_string = ""

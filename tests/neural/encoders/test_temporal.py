"""Convolutions over time, rewritten: the same values by fewer products."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs the train extra")
pytest.importorskip("torchvision", reason="export needs the train extra")

from s3ns.neural.encoders.architectures import (  # noqa: E402
    Encoder,
    build,
    by_pictures,
)
from s3ns.neural.encoders.card import EncoderCard, SignRecord, View  # noqa: E402
from s3ns.neural.encoders.temporal import POINTS, minimal_filtering  # noqa: E402


def encoder_of(architecture: str, view: View) -> Encoder:
    torch.manual_seed(3)
    signs = (SignRecord(sign="tonic", seen=1, absent=1),)
    card = EncoderCard(architecture=architecture, size="tiny", view=view, signs=signs)
    encoder = build(card)
    for part in encoder.modules():
        if isinstance(part, torch.nn.BatchNorm3d):  # as after training
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(part.weight, 0.5, 2)
            torch.nn.init.normal_(part.bias, 0, 0.3)
    return encoder.eval()


@pytest.mark.parametrize("outputs", POINTS)
def test_minimal_filtering_is_filtering(outputs: int) -> None:
    random = np.random.default_rng(0)
    after, kernel, before = minimal_filtering(outputs)
    assert len(kernel) == outputs + 2  # products; plainly it would be 3 * outputs
    for _ in range(20):
        taps, given = random.normal(size=3), random.normal(size=outputs + 2)
        found = after @ ((kernel @ taps) * (before @ given))
        np.testing.assert_allclose(found, np.correlate(given, taps), atol=1e-12)


@pytest.mark.parametrize(
    ("architecture", "frames"),
    [("r3d_18", 6), ("r3d_18", 7), ("r3d_18", 8), ("mc3_18", 8)],
)
def test_a_rewritten_encoder_gives_what_the_original_gives(
    architecture: str, frames: int
) -> None:
    view = View(frames=frames, fps=8, picture=32)
    encoder = encoder_of(architecture, view)
    rewritten = by_pictures(encoder, view)
    assert rewritten is not None
    assert not any(isinstance(m, torch.nn.Conv3d) for m in rewritten.modules())
    shape = (3, frames, 32, 32, 3)
    pictures = torch.randint(0, 256, shape, dtype=torch.uint8)
    with torch.inference_mode():
        ours, theirs = rewritten(pictures), encoder(pictures)
    assert float(theirs.abs().max()) > 0.1
    assert float((ours - theirs).abs().max()) < 2e-5 * float(theirs.abs().max())


def test_where_nothing_is_won_nothing_is_rewritten() -> None:
    view = View(frames=8, fps=8, picture=32)
    for architecture in ("r2plus1d_18", "videomae"):
        assert by_pictures(encoder_of(architecture, view), view) is None

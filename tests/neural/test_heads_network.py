"""The network of the temporal heads: that it learns, mirrors, and survives export."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnxruntime", reason="no ONNX runtime is installed")

from s3ns.neural.heads.network import Example, as_onnx, train  # noqa: E402

CHANNELS = 4


def example(seed: int) -> Example:
    """Return a film in which the own side shows a sign while its channel is high."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 0.3, (2, 200, CHANNELS))
    truth = np.zeros((2, 200, 2))
    truth[..., 1] = 1
    for side in range(2):
        start = random.integers(20, 120)
        values[side, start : start + 40, 0] += 2
        values[1 - side, start : start + 40, 1] += 2
        truth[side, start : start + 40, 0] = 1
    counts = np.ones_like(truth)
    return Example(*(part.astype(np.float32) for part in (values, truth, counts)))


@pytest.mark.filterwarnings("ignore")
def test_a_network_learns_which_side_shows_a_sign_and_is_the_same_as_onnx() -> None:
    import onnxruntime

    networks = [train([example(k) for k in range(6)], steps=60, seed=k) for k in (0, 1)]
    unseen = example(99)
    values = torch.from_numpy(unseen.channels)
    with torch.no_grad():
        said = np.mean([network(values).numpy() for network in networks], axis=0)
    shown = unseen.truth[..., 0] == 1
    assert said[..., 0][shown].mean() > 0.7
    assert said[..., 0][~shown].mean() < 0.3
    assert said[..., 1].mean() > 0.9
    session = onnxruntime.InferenceSession(as_onnx(networks))
    (same,) = session.run(None, {"channels": unseen.channels})
    np.testing.assert_allclose(same, said, atol=1e-5)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two = (train([example(0)], steps=2, seed=5).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    other = train([example(0)], steps=2, seed=6).state_dict()
    assert not torch.equal(one["first.weight"], other["first.weight"])

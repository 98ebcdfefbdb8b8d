"""The network of the temporal heads: that it learns, mirrors, and survives export."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnxruntime", reason="no ONNX runtime is installed")

from s3ns.neural.heads import network  # noqa: E402
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


def test_excerpts_lose_parts_and_mistake_sides_but_never_the_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TEMPO", "WAVER", "OFFSET", "GAIN"):
        monkeypatch.setattr(network, name, 0.0)
    monkeypatch.setattr(network, "LENGTH", 200)
    values = np.ones((2, 200, CHANNELS), np.float32)
    values[1] = 2
    sides = np.arange(2, dtype=np.float32)[:, None, None] * np.ones((2, 200, 2))
    film = Example(values, sides.astype(np.float32), np.ones((2, 200, 2), np.float32))

    def drawn(lost: float, swapped: float) -> tuple[float, float]:
        """Return the largest share lost, and the largest share of the other side."""
        monkeypatch.setattr(network, "LOST", lost)
        monkeypatch.setattr(network, "SWAPPED", swapped)
        random = np.random.default_rng(0)
        gone, other = [], []
        for _ in range(50):
            seen, truth, _ = network._excerpt(random, [film])
            side = int(truth[0, 0])
            assert (truth == side).all()
            gone.append((seen == 0).mean())
            other.append((seen == 2 - side).mean())
        return max(gone), max(other)

    assert drawn(0, 0) == (0, 0)
    gone, other = drawn(1, 0)
    assert 0 < gone <= network.LOST_STEPS / 200
    assert other == 0
    gone, other = drawn(0, 1)
    assert gone == 0
    assert 0 < other <= network.SWAPPED_STEPS / 200

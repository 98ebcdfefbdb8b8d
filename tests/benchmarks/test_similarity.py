"""The BERTScore-like F1, with a real model of a few kilobytes made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s3ns.benchmarks.s3.similarity import LAYER, HiddenStates, greedy_f1
from s3ns.benchmarks.s3.texts import text_scores
from s3ns.facts import CapabilityError, ModelError

torch = pytest.importorskip("torch", reason="BERTScore needs torch")
transformers = pytest.importorskip(
    "transformers", reason="BERTScore needs transformers"
)

WORDS = "the left arm jerked and then stiffened head turned to right for ten seconds"


def write_model(folder: Path, layers: int = LAYER + 2) -> Path:
    """Write a model with random weights, the same each time."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {w: k for k, w in enumerate([*special, *dict.fromkeys(WORDS.split())])}
    folder.mkdir()
    lines = "\n".join(vocabulary)
    (folder / "vocab.txt").write_text(lines)
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    configuration = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=16,
        # Larger weights than usual, or the layers hardly differ.
        initializer_range=0.15,
    )
    transformers.BertModel(configuration).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def similarity(folder: Path) -> HiddenStates:
    return HiddenStates(folder)


def alone(folder: Path, text: str, layer: int = 9) -> np.ndarray:
    """Return the states of a text that goes through the model by itself."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        output = model(
            **tokenizer(text, return_tensors="pt"), output_hidden_states=True
        )
    return output.hidden_states[layer][0].numpy()


PAIRS = [
    ("the left arm jerked", "then the right arm stiffened for ten seconds"),
    ("head turned to the left", "the head turned"),
    ("the left arm jerked", "the left arm jerked"),
]


def by_hand(folder: Path, said: str, expert: str, layer: int = 9) -> float:
    a, b = alone(folder, said, layer), alone(folder, expert, layer)
    # The special tokens at both ends count.
    assert len(a) == len(said.split()) + 2
    cosines = [[x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in b] for x in a]
    precision = np.mean([max(row) for row in cosines])
    recall = np.mean([max(column) for column in zip(*cosines, strict=True)])
    return float(2 * precision * recall / (precision + recall))


def test_it_is_the_greedy_f1_of_layer_nine(
    similarity: HiddenStates, folder: Path
) -> None:
    expected = [by_hand(folder, *pair) for pair in PAIRS]
    assert similarity.f1(PAIRS) == pytest.approx(np.mean(expected), abs=1e-5)
    for pair, value in zip(PAIRS, expected, strict=True):
        assert similarity.f1([pair]) == pytest.approx(value, abs=1e-5)
    for other in (8, 10):
        assert abs(by_hand(folder, *PAIRS[0], other) - expected[0]) > 1e-3


def test_equal_texts_and_empty_ones(similarity: HiddenStates) -> None:
    assert similarity.f1([PAIRS[2]]) == pytest.approx(1, abs=1e-6)
    assert similarity.f1([("", "the head"), PAIRS[2]]) == pytest.approx(0.5, abs=1e-6)


def test_texts_are_cut_at_the_longest_that_is_read(similarity: HiddenStates) -> None:
    long = " ".join(["left"] * 600)
    longer = " ".join(["left"] * 600 + ["right"] * 50)
    assert similarity.f1([(long, longer)]) == pytest.approx(1, abs=1e-6)


def test_it_stands_beside_the_other_scores(similarity: HiddenStates) -> None:
    scores = text_scores(PAIRS, similarity)
    assert scores is not None
    assert scores.bertscore == similarity.f1(PAIRS)


def test_greedy_f1_by_hand() -> None:
    """Two tokens at right angles against one of them: precision 1/2, recall 1."""
    said = np.eye(2, dtype=np.float32)
    assert greedy_f1(said, said[:1]) == pytest.approx(2 * 0.5 / 1.5)
    assert greedy_f1(said[:1], said[1:]) == 0


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no language model"):
        HiddenStates(tmp_path)
    with pytest.raises(ModelError, match="holds no language model"):
        HiddenStates(tmp_path / "none")


def test_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"and model\.safetensors"):
        HiddenStates(tmp_path)


def test_a_model_with_too_few_layers(tmp_path: Path) -> None:
    shallow = write_model(tmp_path / "shallow", layers=3)
    with pytest.raises(ModelError, match="has 3 layers; BERTScore reads number 9"):
        HiddenStates(shallow)


def test_a_missing_package_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(CapabilityError, match=r"transformers; pip install 's3ns\[mllm"):
        HiddenStates(folder)

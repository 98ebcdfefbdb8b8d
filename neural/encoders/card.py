"""What an encoder is: its network, what it looks at, what it was trained to see.

The card is everything but the weights. It lies beside them as ``encoder.json``, and
travels in the metadata of an exported file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from s3ns.facts import InputError, sign_named
from s3ns.facts.document import write_text

FORMAT: Literal["s3ns-encoder"] = "s3ns-encoder"
VERSION: Literal["1.0"] = "1.0"
CARD_FILE = "encoder.json"
WEIGHTS_FILE = "weights.safetensors"

Aggregation = Literal["max", "mean", "noisy-or"]
Size = Literal["tiny", "small", "base"]


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an encoder is shown at once: a window of square pictures.

    Attributes
    ----------
    frames
        Pictures in a window.
    fps
        Pictures per second.
    picture
        Width and height in pixels; a recording is fitted in whole, with black margins.
    """

    frames: int = 16
    fps: float = 8.0
    picture: int = 112

    def __post_init__(self) -> None:
        if self.frames < 2 or not 0 < self.fps <= 240 or self.picture < 16:
            raise ValueError(
                f"expected at least 2 frames, 0 < fps <= 240 and at least 16 pixels, "
                f"got {self.frames} frames, {self.fps:g} fps, {self.picture} pixels"
            )

    @property
    def seconds(self) -> float:
        """Length of a window."""
        return self.frames / self.fps


class SignRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was learned about one sign.

    Attributes
    ----------
    sign
        Name in the vocabulary.
    seen, absent
        Windows of the training patients in which it was seen, and looked for and not
        seen. Windows in which it was not assessable are in neither.
    threshold
        Probability from which a window shows it.
    video_threshold
        The same for a whole video, of the windows together.
    """

    sign: str
    seen: int
    absent: int
    threshold: float = 0.5
    video_threshold: float = 0.5

    def __post_init__(self) -> None:
        sign_named(self.sign)


class EncoderCard(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """An encoder without its weights.

    Attributes
    ----------
    architecture, size
        Name of the network and which of its sizes.
    view
        What it is shown at once.
    signs
        What it answers to, in the order of its outputs.
    aggregation
        How the windows of a video are put together.
    fold, folds, seed
        Which patients it was trained on.
    epoch
        Epochs of training after which it did best.
    data
        Hash over the hashes of the training recordings.
    tool_version
        Version of s3ns that trained it.
    """

    architecture: str
    size: Size
    view: View
    signs: tuple[SignRecord, ...]
    aggregation: Aggregation = "max"
    fold: int = 0
    folds: int = 0
    seed: int = 0
    epoch: int = 0
    data: str = ""
    tool_version: str = ""
    format: Literal["s3ns-encoder"] = FORMAT
    version: Literal["1.0"] = VERSION

    @property
    def names(self) -> tuple[str, ...]:
        """The signs by name, in the order of the outputs."""
        return tuple(record.sign for record in self.signs)

    def to_json(self) -> str:
        """Return the card as indented JSON with a final newline."""
        compact = msgspec.json.encode(self)
        return msgspec.json.format(compact, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, name: str) -> EncoderCard:
        """Read a card; ``name`` is what an error calls it.

        Raises
        ------
        InputError
            If it is no card of this version.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{name} is not an encoder of s3ns: {error}") from error

    def write(self, folder: Path) -> None:
        """Write the card into the folder of its encoder."""
        write_text(folder / CARD_FILE, self.to_json())

    @classmethod
    def read(cls, folder: Path) -> EncoderCard:
        """Read the card of the encoder in a folder.

        Raises
        ------
        InputError
            If there is none that can be read.
        """
        path = folder / CARD_FILE
        if not path.is_file():
            raise InputError(
                f"{folder} holds no {CARD_FILE}; name a folder that `s3ns train` wrote"
            )
        return cls.from_json(path.read_bytes(), name=str(path))

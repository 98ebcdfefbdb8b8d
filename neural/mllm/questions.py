"""What a language model is asked about a sign, and how its answer is read.

The words come from the vocabulary: what the sign looks like, never what it may mean.
Nothing tells the model which recording this is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from s3ns.facts import Side, Sign
from s3ns.neural.mllm.request import Part, Reply, Request
from s3ns.neural.mllm.windows import View, Window
from s3ns.neural.mllm.wording import Wording
from s3ns.neural.stretches import Stretch

NOTES: Mapping[View, str] = {
    "whole": "",
    "crop": "Where the person's face was found, the frames show it alone, cut out of "
    "the picture. ",
    "skeleton": "Where the person was found, lines are drawn over them: blue lines and "
    "the letter L mark the person's own left arm and leg, orange lines and the letter "
    "R the right ones. They were drawn by a program and may be wrong. ",
}
"""What a question says of the frames, by what they show."""

WORDINGS = (
    "What to look for: {definition}\nQuestion: {question}",
    "{question}\nWhat is meant: {definition}",
    "Go through the frames one by one and watch for this: {definition} {question}",
    "Somebody without medical training is asked: {question} It is explained to them "
    "like this: {definition}",
    "Describe to yourself what the person does. Compare that with this: {definition} "
    "{question}",
)
"""Ways to put a question; the first one is put if a question is put once."""

LONGEST_PROSE = 4000
"""Characters of a report or a transcript; of what was seen of one sign, fewer."""

_LONGEST_WORDS = 300
_LONGEST_TEXT = 20_000
_MOST_TRIES = 50
_THINKING, _AFTER_THINKING = "<think>", "</think>"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a model said of a sign in one window.

    Attributes
    ----------
    answer
        Whether the sign was there.
    words
        What the model saw, in its words.
    side
        The side; ``unknown`` where it is not told.
    first_frame, last_frame
        Numbers of the first and the last frame that show it, from 1 on.
    """

    answer: Literal["yes", "no", "cannot_tell"]
    words: str = ""
    side: Side = Side.UNKNOWN
    first_frame: int = 0
    last_frame: int = 0


@dataclass(frozen=True)
class Reading:
    """What came of asking about a sign in one window; all times in seconds.

    Attributes
    ----------
    start, end
        The window.
    value
        ``seen``, ``not_seen``, or a reason of the vocabulary for which it could not be
        judged.
    side, seen_start, seen_end
        Where the sign was seen, if it was.
    words
        What the model saw, in its words.
    sure
        Probability that the model gives to this rather than to its contrary; 1 where it
        does not tell.
    missing
        Parts of the window without pictures, or sound, for the sign.
    """

    start: float
    end: float
    value: str
    side: Side = Side.NONE
    seen_start: float = 0.0
    seen_end: float = 0.0
    words: str = ""
    sure: float = 1.0
    missing: tuple[Stretch, ...] = ()


def question(
    sign: Sign,
    window: Window,
    *,
    sees: bool,
    hears: bool,
    said: str | None = None,
    wording: int = 0,
    texts: Wording | None = None,
) -> Request:
    """Return the question about a sign in a window.

    Parameters
    ----------
    sign, window
        What is asked about where.
    sees, hears
        Whether the model takes pictures, and sound.
    said
        What a speech recogniser understood, if one listened.
    wording
        Number of one of the :data:`WORDINGS`.
    texts
        What the model is told, where it is not the vocabulary's.
    """
    told = texts or Wording()
    words = NOTES[window.look.view]
    words += WORDINGS[wording].format(
        definition=sign.definition, question=told.of(sign)
    )
    words += _form(sign, len(window.shots), yes_first=wording % 2 == 0)
    if said is not None:
        # quoted so that nothing that was said can end the quotation
        quoted = json.dumps(said, ensure_ascii=False)
        words = f"A speech recogniser, which may err, understood: {quoted}. {words}"
    parts = [*shown(window, sees=sees, hears=hears), words]
    schema = _schema(sign, len(window.shots))
    return Request(told.system, tuple(parts), schema, weighed="answer")


def shown(window: Window, *, sees: bool, hears: bool) -> Iterator[Part]:
    """Yield the frames of a window, each after its number and time, and the sound.

    Times count from the beginning of the window. The question comes after, so that a
    server that keeps what it has read needs to read the frames of a window only once.
    """
    for number, shot in enumerate(window.shots, start=1):
        yield f"Frame {number}, {shot.time - window.start:.1f} s" + ":" * sees
        if sees:
            yield shot.picture
    if hears and window.voice is not None:
        yield "The sound of these frames:"
        yield window.voice


def _form(sign: Sign, frames: int, *, yes_first: bool) -> str:
    # A model may favour what it reads first.
    choice = '"yes", "no"' if yes_first else '"no", "yes"'
    lines = [
        "",
        "Answer with one JSON object with these members:",
        '"words": in one sentence, what you see of it;',
        f'"answer": {choice} or "cannot_tell";',
    ]
    if sign.is_sided:
        sides = ", ".join(f'"{side}"' for side in _sides(sign))
        lines.append(
            f'"side": the person\'s own side, one of {sides}; '
            '"unknown" if it cannot be told;'
        )
    lines.append(
        '"first_frame" and "last_frame": the numbers of the first and the last frame '
        f"that show it, from 1 to {frames}, or 0 if the answer is not yes."
    )
    return "\n".join(lines)


def _schema(sign: Sign, frames: int) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0, "maximum": frames}
    properties: dict[str, Any] = {
        "words": {"type": "string", "maxLength": _LONGEST_WORDS},
        "answer": {"type": "string", "enum": ["yes", "no", "cannot_tell"]},
    }
    if sign.is_sided:
        properties["side"] = {"type": "string", "enum": _sides(sign)}
    properties |= {"first_frame": number, "last_frame": number}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _sides(sign: Sign) -> list[str]:
    return [*map(str, sign.sides), str(Side.UNKNOWN)]


def read_answer(sign: Sign, window: Window, reply: Reply) -> Reading:
    """Read what a model said; what cannot be read is not assessable, never "no".

    An answer tells of no time without pictures, or without sound.
    """
    answer = _parsed(reply.text)
    missing = window.unheard if sign.modality == "audio" else window.unseen
    reading = Reading(
        window.start, window.end, "answer_unusable", missing=tuple(missing)
    )
    if answer is None:
        return reading
    words = plain(answer.words)
    if answer.answer != "yes":
        value = "not_seen" if answer.answer == "no" else "could_not_tell"
        sure = _sure(reply.chances, "no", "yes")
        return replace(reading, value=value, words=words, sure=sure)
    if not 1 <= answer.first_frame <= answer.last_frame <= len(window.shots):
        return reading
    side = answer.side
    if sign.is_sided and side is Side.NONE and not sign.allows(side):
        side = Side.UNKNOWN
    if not sign.is_sided:
        side = Side.NONE
    if not sign.allows(side):
        return reading
    last = window.shots[answer.last_frame - 1].time + 1 / window.look.fps
    return replace(
        reading,
        value="seen",
        side=side,
        seen_start=window.shots[answer.first_frame - 1].time,
        seen_end=min(last, window.end),
        words=words,
        sure=_sure(reply.chances, "yes", "no"),
    )


def _sure(chances: Mapping[str, float] | None, said: str, other: str) -> float:
    """Return how likely what was said is, where it is that or the other."""
    if not chances or not chances.get(said):
        return 1.0
    return chances[said] / (chances[said] + chances.get(other, 0.0))


def _parsed(text: str) -> Answer | None:
    """Return the first JSON object in a text that is an answer."""
    for found in json_objects(text):
        plain = {
            key: str(value).strip().lower() if key in {"answer", "side"} else value
            for key, value in found.items()
        }
        try:
            return msgspec.convert(plain, Answer, strict=False)
        except msgspec.ValidationError:
            continue
    return None


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, with what is around them left out.

    What a model only thought, to its end or not, is no answer.
    """
    said = text.rpartition(_AFTER_THINKING)[2].partition(_THINKING)[0]
    text = said[:_LONGEST_TEXT]
    at = -1
    for _ in range(_MOST_TRIES):
        at = text.find("{", at + 1)
        if at < 0:
            return
        try:
            found, _end = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def plain(text: str, longest: int = _LONGEST_WORDS) -> str:
    """Return a model's words on one line, without control characters, not too long."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:longest]

"""The seven tasks of the S3 benchmark, put to a model as its authors did.

recognition, justification, side, onset, sequence, report, diagnosis: each gives rows of
the tables that the benchmark reads, under its names of files and columns. An answer
that cannot be used is written as ``fail``, and as nothing where the benchmark leaves a
time or a list empty.

Rows are named by the video's file, for the benchmark joins them by it. In its corpus
that name holds the label: it goes to the table, and to no model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from s3ns.facts import CapabilityError, bad_value, clock, vocabulary
from s3ns.neural.extractor import ExtractOptions
from s3ns.neural.mllm.interview import Interviewer, open_backend
from s3ns.neural.mllm.questions import LONGEST_PROSE, plain, read_answer
from s3ns.neural.mllm.request import Request
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.subject import LONGEST_ANSWER, Subject
from s3ns.neural.mllm.wording import SYSTEM
from s3ns.neural.video import probe

Row = dict[str, str]
Tables = dict[str, list[Row]]
"""Rows by the name of their table; ``{m}`` in it stands for the model."""

FAIL, NOT_ASSESSABLE = "fail", "na"

BODY_PARTS = (
    "head",
    "face",
    "eyes",
    "mouth",
    "arms",
    "left arm",
    "right arm",
    "legs",
    "left leg",
    "right leg",
    "full body",
)
"""Where an event may begin, in the words of the benchmark's third task."""

_MOSTLY = 0.9  # share of the segments that must be judged to say no (design)
_BLANK_TIMES = ("start", "end")  # moments of the fourth task that are no sign


Task = Callable[[Subject], Tables]

_TASKS: dict[str, Task] = {}


def _task(function: Task) -> Task:
    _TASKS[function.__name__] = function
    return function


def task_names() -> list[str]:
    """Return the names of the tasks, in the benchmark's order."""
    return list(_TASKS)


def run_task(
    name: str,
    video: Path,
    settings: MllmSettings,
    options: ExtractOptions,
    report: str | None = None,
) -> Tables:
    """Put a task to a model for one video.

    Parameters
    ----------
    name
        One of :func:`task_names`.
    video
        The video.
    settings, options
        The model and how the video is shown.
    report
        An expert's report, for the diagnosis with a report.

    Raises
    ------
    CapabilityError
        If there is no such task, or the model cannot be reached or run.
    InputError
        If the video cannot be read.
    ModelError
        If the model is not there.
    """
    if name not in _TASKS:
        raise CapabilityError(bad_value("task", name, _TASKS))
    recording = probe(video)
    with Interviewer(open_backend(settings, options.device)) as interviewer:
        return _TASKS[name](Subject(video, recording, settings, report, interviewer))


@_task
def recognition(subject: Subject) -> Tables:
    """Tell of each segment which signs it shows (task 1)."""
    return {"Task12_{m}_all_merged.csv": _judged(subject)}


@_task
def justification(subject: Subject) -> Tables:
    """Tell of the whole video what was seen of each sign (task 2).

    Texts of the segments that show the sign are joined, or of all if none or all do.
    Where none shows it, it was not seen if nearly all were judged.
    """
    rows = _judged(subject)
    row: Row = {"file_name": subject.file_name}
    for name in [sign.name for sign in subject.signs]:
        yes = [r for r in rows if r[name] == "yes"]
        texts = [r[f"justification_for_{name}"] for r in yes or rows]
        counts = Counter(r[name] for r in rows)
        row[name] = "yes" if yes else "no"
        if not yes and counts.pop("no", 0) < _MOSTLY * len(rows):
            row[name] = counts.most_common(1)[0][0]
        row[f"justification_for_{name}"] = " || ".join(
            dict.fromkeys(text for text in texts if text)
        )
    return {"Task12_{m}_all_merged_llmmerge.csv": [row]}


def _judged(subject: Subject) -> list[Row]:
    values = {"seen": "yes", "not_seen": "no", "could_not_tell": NOT_ASSESSABLE}
    rows = []
    for number, window in enumerate(subject.segments()):
        row: Row = {"file_name": subject.segment_name(number)}
        for sign in subject.signs:
            row |= {sign.name: NOT_ASSESSABLE, f"justification_for_{sign.name}": ""}
        asked = subject.signs_in(window)
        replies = subject.interviewer.ask(
            subject.question(sign, window) for sign in asked
        )
        for sign, reply in zip(asked, replies, strict=True):
            reading = read_answer(sign, window, reply)
            row[sign.name] = values.get(reading.value, FAIL)
            row[f"justification_for_{sign.name}"] = reading.words
        rows.append(row)
    return rows


@_task
def side(subject: Subject) -> Tables:
    """Tell the side of head and arm movement, and where the event begins (task 3)."""
    tables: Tables = {}
    whole = subject.whole()
    for short, column, what in (
        ("HT", "head_turning_direction", "To which side did the head turn?"),
        ("AM", "arm_movement_direction", "Which arm moved, or moved more?"),
    ):
        words = f'{what} Answer as {{"side": "left"}} or {{"side": "right"}}, the '
        words += "person's own side."
        said = subject.ask(whole, words, side={"enum": ["left", "right"]})
        value = _one_of(said.get("side"), ("left", "right"))
        tables[f"Task3_{short}_{{m}}.csv"] = [
            {"video_name": subject.file_name, column: value}
        ]
    words = "Which part of the body moved first? Answer as "
    words += f'{{"part": ...}} with one of: {", ".join(BODY_PARTS)}.'
    said = subject.ask(next(subject.segments()), words, part={"enum": list(BODY_PARTS)})
    part = _one_of(said.get("part"), BODY_PARTS)
    tables["Task3_L_{m}.csv"] = [
        {"file_name": subject.file_name, "onset_body_part": part}
    ]
    return tables


@_task
def onset(subject: Subject) -> Tables:
    """Tell when each sign, and the event, begins or ends (task 4).

    The clips of the benchmark end in the sign that they are about; of these only that
    is asked.
    """
    whole = subject.whole()
    asked = {sign.name: sign.question for sign in subject.signs_in(whole)}
    asked |= {
        moment: f"At which frame does the event {moment}?" for moment in _BLANK_TIMES
    }
    stem = Path(subject.file_name).stem
    own = [name for name in asked if stem.endswith(f"_{name}")]
    rows = []
    for name in own or asked:
        words = f"{asked[name]} Answer with the number of the frame where it is first "
        words += f'seen, as {{"frame": N}} from 1 to {len(whole.shots)}; 0 if nowhere.'
        form = {"type": "integer", "minimum": 0, "maximum": len(whole.shots)}
        frame = subject.ask(whole, words, frame=form).get("frame")
        # The truth value of Python would be taken for the first frame.
        number = frame if type(frame) is int else 0
        is_there = 1 <= number <= len(whole.shots)
        moment = clock(whole.shots[number - 1].time) if is_there else ""
        rows.append(
            {
                "file_name": subject.file_name,
                "feature": name,
                "timestamp": moment.partition(".")[0],
            }
        )
    return {"Task4_{m}_all.csv": rows}


@_task
def sequence(subject: Subject) -> Tables:
    """Tell in which order signs appear (task 5), by segment and of the whole video."""
    names = [sign.name for sign in subject.signs]
    words = "List the signs that are seen, in the order in which each first appears, "
    words += f'as {{"signs": [...]}}, of these: {", ".join(names)}.'
    rows, lists = [], []
    for number, window in enumerate(subject.segments()):
        found = subject.ask(
            window, words, signs={"type": "array", "items": {"enum": names}}
        ).get("signs")
        listed = [str(name) for name in found] if isinstance(found, list) else []
        lists.append([name for name in dict.fromkeys(listed) if name in names])
        rows.append(
            {
                "file_name": subject.segment_name(number),
                "feature_list": ", ".join(lists[-1]),
            }
        )
    whole = {
        "file_name": subject.file_name,
        "feature_list": ", ".join(joined_lists(lists)),
    }
    return {"Task5_{m}_all.csv": rows, "Task5_{m}_all_merge.csv": [whole]}


def joined_lists(lists: Iterable[Sequence[str]]) -> list[str]:
    """Join lists of overlapping segments, as the benchmark does.

    What the end of one and the beginning of the next have in common is kept once.
    """
    result: list[str] = []
    for one in lists:
        shared = next(
            (
                count
                for count in range(min(len(result), len(one)), 0, -1)
                if result[-count:] == list(one[:count])
            ),
            0,
        )
        result += one[shared:]
    return result


@_task
def report(subject: Subject) -> Tables:
    """Describe each segment, and from that the whole video (task 6)."""
    words = "Describe in one to three sentences what the person does, in order of "
    words += "time: movements, posture, face and voice, each with the person's own "
    words += "side. Leave out staff and devices."
    parts = [
        _prose(subject, subject.request(window, words)) for window in subject.segments()
    ]
    rows = [
        {"file_name": subject.segment_name(number), "report": text or FAIL}
        for number, text in enumerate(parts)
    ]
    known = [text for text in parts if text]
    whole = known[0] if len(known) == 1 else ""
    if len(known) > 1:
        words = (
            "These are descriptions of successive parts of one video, which overlap "
        )
        words += "by a few seconds. Write one description of the whole from them, "
        words += "adding nothing.\n" + "\n".join(known)
        fused = Request(SYSTEM, (words,), None, LONGEST_ANSWER)
        whole = _prose(subject, fused)
    merged = {"file_name": subject.file_name, "report": whole or FAIL}
    return {"Task6_{m}_all.csv": rows, "Task6_{m}_all_merged.csv": [merged]}


def _prose(subject: Subject, request: Request) -> str:
    (reply,) = subject.interviewer.ask([request])
    return plain(reply.text, LONGEST_PROSE)


@_task
def diagnosis(subject: Subject) -> Tables:
    """Tell an epileptic seizure from a non-epileptic event (task 7)."""
    kinds = ("ES", "NES")
    words = "Is this an epileptic seizure (ES) or a non-epileptic event (NES)? Answer "
    words += 'as {"description": what you see, "answer": "ES" or "NES"}.'
    wanted = {"description": {"type": "string"}, "answer": {"enum": list(kinds)}}
    whole = subject.whole()
    alone = subject.ask(whole, words, **wanted)
    row = {
        "file_name": subject.file_name,
        "prediction_without_report": _one_of(alone.get("answer"), kinds),
        "prediction_with_report": "",
    }
    if subject.report is not None:
        words = f"An expert described it as: {subject.report}\n{words}"
        both = subject.ask(whole, words, **wanted)
        row["prediction_with_report"] = _one_of(both.get("answer"), kinds)
    return {"Task7_{m}_all.csv": [row]}


def _one_of(said: object, allowed: Sequence[str]) -> str:
    given = str(said).strip().lower()
    return next((word for word in allowed if word.lower() == given), FAIL)


def table_name(name: str, model: str) -> str:
    """Return the file name of a table of a model."""
    last = Path(model).name or "model"
    return name.replace("{m}", re.sub(r"[^\w.-]", "_", last))


def columns(name: str, rows: Sequence[Row]) -> list[str]:
    """Return the columns of a table: the benchmark's order, signs in the vocabulary's.

    Rows of videos without sound lack the columns of what is heard.
    """
    if not name.startswith("Task12"):
        return list(rows[0])
    order = [sign.name for sign in vocabulary().signs]
    known = {column for row in rows for column in row}
    names = [name for name in order if name in known]
    return ["file_name", *(c for n in names for c in (n, f"justification_for_{n}"))]

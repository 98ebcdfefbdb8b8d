"""The contract between the stages: vocabulary, findings, Document, errors."""

from s3ns.facts.document import Document, FileHash, Recording, Step, document_schema
from s3ns.facts.errors import (
    CapabilityError,
    InputError,
    ModelError,
    RuleError,
    S3nsError,
    bad_value,
)
from s3ns.facts.finding import Absence, Finding, Interval, Observation, Unassessable
from s3ns.facts.times import clock, decisecond_interval, deciseconds, scaled
from s3ns.facts.verdict import (
    Label,
    Lateralisation,
    LateralSign,
    Node,
    Note,
    Premise,
    Proof,
    RuleReference,
    Support,
    Verdict,
)
from s3ns.facts.vocabulary import (
    MeasureKind,
    Side,
    Sign,
    Vocabulary,
    sign_named,
    vocabulary,
)

__all__ = [
    "Absence",
    "CapabilityError",
    "Document",
    "FileHash",
    "Finding",
    "InputError",
    "Interval",
    "Label",
    "LateralSign",
    "Lateralisation",
    "MeasureKind",
    "ModelError",
    "Node",
    "Note",
    "Observation",
    "Premise",
    "Proof",
    "Recording",
    "RuleError",
    "RuleReference",
    "S3nsError",
    "Side",
    "Sign",
    "Step",
    "Support",
    "Unassessable",
    "Verdict",
    "Vocabulary",
    "bad_value",
    "clock",
    "decisecond_interval",
    "deciseconds",
    "document_schema",
    "scaled",
    "sign_named",
    "vocabulary",
]

"""The symbolic stage: from findings to a verdict with its proof."""

from s3ns.symbolic.questions import inquire, with_first_answers
from s3ns.symbolic.reasoner import Reasoner
from s3ns.symbolic.rulebase import Rule, RuleBase

__all__ = ["Reasoner", "Rule", "RuleBase", "inquire", "with_first_answers"]

"""The language of autoscale formulas: words, a checker, bounds, and formulas for usual needs."""

from batch_widgets.autoscale.bounds import Bounds, bounds
from batch_widgets.autoscale.checker import check
from batch_widgets.autoscale.evaluation import AutoScaleError, AutoScaleEvaluation, parse_results
from batch_widgets.autoscale.findings import Finding
from batch_widgets.autoscale.templates import TEMPLATES, Number, Template
from batch_widgets.autoscale.vocabulary import WORDS, Word

__all__ = [
    "TEMPLATES",
    "WORDS",
    "AutoScaleError",
    "AutoScaleEvaluation",
    "Bounds",
    "Finding",
    "Number",
    "Template",
    "Word",
    "bounds",
    "check",
    "parse_results",
]

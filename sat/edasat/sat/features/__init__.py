"""Features of formulas: per literal and clause for graph networks, per instance for tables and baselines."""

from .gbdc_baseline import gbdc_features
from .instance import FEATURE_NAMES, ORDER_FEATURES, features_of_arrays, instance_features
from .nodes import CLAUSE_FEATURES, LITERAL_FEATURES, NodeFeatures, node_features
from .table import feature_table

__all__ = [
    "CLAUSE_FEATURES",
    "FEATURE_NAMES",
    "LITERAL_FEATURES",
    "ORDER_FEATURES",
    "NodeFeatures",
    "feature_table",
    "features_of_arrays",
    "gbdc_features",
    "instance_features",
    "node_features",
]

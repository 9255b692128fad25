"""Extremely randomised trees that tell which training formulas a formula is like.

Geurts, Ernst, Wehenkel, "Extremely Randomized Trees", Machine Learning 63, 2006. The trees split formulas by how the
engines compare on them, so formulas of one leaf are alike in what matters here; the weight of a training formula is
its share of the leaves that a new formula falls into (Meinshausen, "Quantile Regression Forests", JMLR 7, 2006).
scikit-learn grows the trees; they are kept as arrays, so that weights on disk hold no code and prediction needs torch
alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

#: Names of the arrays of a forest, as they stand in weight files.
FOREST_ARRAYS: Final = ("feature", "threshold", "children")
#: Chosen by cross-validation, coarsely: more trees changed nothing, leaves of 1 or 5 formulas were a little worse.
_TREES: Final = 150
_LEAF: Final = 3
_FEATURE_SHARE: Final = 1 / 3


class Forest:
    """Trees over real features.

    Args:
        feature: int16, (trees, nodes): feature that a node looks at; 0 in leaves and behind the last node.
        threshold: float32, (trees, nodes): above it, a formula goes to the second child.
        children: int16, (trees, nodes, 2); a leaf is its own child.
        x: float32, (training formulas, features).
    """

    def __init__(self, feature: Tensor, threshold: Tensor, children: Tensor, x: Tensor) -> None:
        self.feature, self.threshold, self.children = feature, threshold, children
        self._flat = children.reshape(-1).long()
        self._tree_starts = torch.arange(len(feature)) * feature.shape[1]
        self._leaves = self.leaves(x)
        same = torch.zeros(len(feature), feature.shape[1])
        counts = same.scatter_add_(1, self._leaves.t(), torch.ones(self._leaves.t().shape))
        self._shares = 1 / counts.gather(1, self._leaves.t()).t() / len(feature)  # (training formulas, trees)

    @classmethod
    def grow(cls, x: Tensor, targets: npt.NDArray[np.float64], seed: int = 0) -> Forest:
        """Grow trees; ``targets`` is (training formulas, outputs), and all outputs share the trees."""
        from sklearn.ensemble import ExtraTreesRegressor

        forest = ExtraTreesRegressor(
            _TREES, min_samples_leaf=min(_LEAF, len(x)), max_features=_FEATURE_SHARE, random_state=seed, n_jobs=1
        ).fit(x.numpy(), targets)
        trees: list[Any] = [tree.tree_ for tree in forest.estimators_]
        nodes = max(tree.node_count for tree in trees)
        feature = np.zeros((len(trees), nodes), np.int16)
        threshold = np.zeros((len(trees), nodes), np.float32)
        children = np.broadcast_to(np.arange(nodes, dtype=np.int16)[:, None], (len(trees), nodes, 2)).copy()
        for number, tree in enumerate(trees):
            inner = np.flatnonzero(tree.children_left >= 0)
            feature[number, inner] = tree.feature[inner]
            threshold[number, inner] = tree.threshold[inner]
            children[number, inner, 0] = tree.children_left[inner]
            children[number, inner, 1] = tree.children_right[inner]
        return cls(torch.from_numpy(feature), torch.from_numpy(threshold), torch.from_numpy(children), x)

    def arrays(self) -> dict[str, Tensor]:
        """Return the tensors of :data:`FOREST_ARRAYS`."""
        return {name: getattr(self, name) for name in FOREST_ARRAYS}

    def leaves(self, x: Tensor) -> Tensor:
        """Return the node where each formula ends in each tree, int64 (formulas, trees); x is (formulas, features)."""
        feature, threshold = self.feature.reshape(-1).long(), self.threshold.reshape(-1)
        node, before = self._tree_starts.expand(len(x), -1), None
        while before is None or not torch.equal(node, before):
            before = node
            right = x.gather(1, feature[node]) > threshold[node]
            node = self._flat[2 * node + right] + self._tree_starts
        return node - self._tree_starts

    def weights(self, x: Tensor) -> Tensor:
        """Return the weight of each training formula, float (formulas, training formulas); rows sum to 1."""
        return torch.stack([((leaves == self._leaves) * self._shares).sum(dim=1) for leaves in self.leaves(x)])

"""Write a file of each model in the present format; `test_model_files.py` knows what is in them.

Run it once for a new format, with the library that has it: ``python tests/files/make_models.py``.
"""

from pathlib import Path

import numpy as np

from udl_pt import DBN, DNN, PCA, RBM, TSNE, AutoEncoder, DeepAutoEncoder, Ladder, SymmetricSNE
from udl_pt.symbolic.corruption import masking

FOLDER = Path(__file__).parent
X, Y = np.random.RandomState(0).rand(12, 4), np.arange(12) % 3
FAST = {"batch_sz": 6}
PRETRAINED = {"batch_sz": 6, "pretrain_options": FAST}


def models():
    """Fit the models."""
    yield PCA(2, whiten=True).fit(X)
    for kind in (TSNE, SymmetricSNE):
        sne = kind(perplexity=2, max_iter=50, random_state=0)
        sne.fit_transform(X)
        yield sne
    yield AutoEncoder(3, "first", corruption=masking(0.3), rng=np.random.default_rng(1), random_state=0).fit(
        X, backend="numba", **FAST
    )
    yield RBM(3, random_state=np.random.RandomState(0), dtype="float32").fit(X, persistent=True, **FAST)
    yield DBN([3, 2], RBM, random_state=0).fit(X, pretrain_options=FAST)
    yield DNN([3], random_state=0).fit(X, Y, X, Y, frozen_layers=[0], **PRETRAINED)
    yield DeepAutoEncoder([3, 2], random_state=0).fit(X, **PRETRAINED)
    yield Ladder([3], noise=0.1, random_state=0).fit(X, Y, X, Y, **FAST)


if __name__ == "__main__":
    for model in models():
        for number, p in enumerate(getattr(model, "params", [])):
            value = p.get_value()
            p.set_value(np.linspace(-1, 1 + number, value.size, dtype=value.dtype).reshape(value.shape))
        model.save(FOLDER / f"{type(model).__name__}_1.st")

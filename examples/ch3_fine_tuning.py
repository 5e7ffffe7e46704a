"""Chapter 3, and what a practitioner adds to its fine-tuning.

    python examples/ch3_fine_tuning.py [FOLDER or train.csv]

One pretrained network, fine-tuned twice: as in the listing, and with dropout, bounded weights, schedules, and
early stopping on held-out images. Without an argument it takes the embedded subset of MNIST.
"""

import copy
import sys

from udl_pt import DNN
from udl_pt.callbacks import EarlyStopping, LinearDecay, LinearSchedule
from udl_pt.datasets import load_data
from udl_pt.symbolic.corruption import masking


def main(data=None, sizes=(1000,), epochs=60):
    data = load_data(data)
    pretrained = DNN(sizes, corruption=masking(0.25), random_state=0, dtype="float32")
    options = {"learning_rate": 0.1, "mu": 0.9, "batch_sz": 50, "cost_scale": "batch"}
    pretrained.fit(*data, epochs=0, pretrain_epochs=20, pretrain_options=options)

    plain = copy.deepcopy(pretrained)
    plain.fit(*data, keep_layers=True, learning_rate=0.1, mu=0.9, epochs=epochs)
    print("as in the listing, test error:", plain.errors[-1])

    dnn = copy.deepcopy(pretrained)
    stop = EarlyStopping(dnn, patience=30)
    dnn.fit(
        *data,
        keep_layers=True,
        learning_rate=0.6,
        epochs=epochs,
        dropout=(0.2, 0.5),  # of the pixels, and of the hidden units
        max_norm=8.0,
        validation=0.1,
        callbacks=[LinearDecay(), LinearSchedule("mu", 0.9, first=0.5, epochs=2), stop],
    )
    error = float((dnn.predict(data.Xtest) != data.Ytest).mean())
    print(f"with all of that, of epoch {stop.best_epoch} of {len(dnn.errors)}:", error)
    return plain, dnn, stop


if __name__ == "__main__":
    main(*sys.argv[1:])

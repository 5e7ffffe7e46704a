"""Chapter 3 as a grid search: pretrained or not, and on principal components as in chapter 1.

    python examples/ch3_grid_search.py [FOLDER or train.csv]

scikit-learn's cross-validation needs no test set. So the test set is looked at once, at the end.
"""

import sys

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from udl_pt import PCA
from udl_pt.datasets import load_data
from udl_pt.estimators import DNNClassifier


def main(data=None, sizes=((300,), (500, 300)), epochs=30, N=2000, K=50):
    Xtrain, Ytrain, Xtest, Ytest = load_data(data)
    dnn = DNNClassifier(learning_rate=0.05, mu=0.9, epochs=epochs, random_state=0, dtype="float32")
    pipeline = Pipeline([("pca", PCA(K)), ("dnn", dnn)])
    # TRY BOTH!
    choices = {
        "pca": [PCA(K), "passthrough"],
        "dnn__pretrain": [True, False],
        "dnn__hidden_layer_sizes": sizes,
    }
    search = GridSearchCV(pipeline, choices, cv=3).fit(Xtrain[:N], Ytrain[:N])
    for score, chosen in zip(
        search.cv_results_["mean_test_score"], search.cv_results_["params"], strict=True
    ):
        print(f"{1 - score:.3f}", chosen)
    error = 1 - search.score(Xtest, Ytest)
    print("test error of the best, trained on all rows of the search:", error)
    return search, error


if __name__ == "__main__":
    main(*sys.argv[1:])

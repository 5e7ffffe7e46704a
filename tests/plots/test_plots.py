"""That the figures show the numbers they are given."""

import io

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from udl_pt import AutoEncoder, plots


def drawn(figure):
    """Draw it, so that a warning of matplotlib's fails the test."""
    figure.savefig(io.BytesIO(), format="png")
    return figure.axes


def test_a_confusion_matrix_shows_every_count():
    confusion = confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    texts = [text.get_text() for text in drawn(plots.plot_confusion(confusion))[0].texts]
    assert texts == [str(n) for n in confusion.ravel()]


def test_a_confusion_matrix_without_mistakes():
    image = drawn(plots.plot_confusion(np.diag([3, 4])))[0].images[0]
    assert not image.get_array().any()


def test_errors_are_percent_by_epoch_with_the_last_written_out():
    errors = {"a": [0.5, 0.2], "b": [0.9, 0.125]}
    axes = drawn(plots.plot_errors(errors))[0]
    for line, (name, values) in zip(axes.lines, errors.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_allclose(line.get_ydata(), 100 * np.array(values))
        np.testing.assert_array_equal(line.get_xdata(), [1, 2])
    assert [text.get_text() for text in axes.texts] == ["20.0%", "12.5%"]
    assert axes.get_yscale() == "log"


def test_an_error_of_zero_is_on_the_scale():
    axes = drawn(plots.plot_errors({"a": [0.3, 0.0], "b": [0.1, 0.1]}))[0]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] <= 0


def test_no_curve_is_left_out():
    curves = {str(n): [n, n + 1.0] for n in range(6)}
    axes = drawn(plots.plot_costs(curves, "costs", xlabel="batch"))[0]
    assert [line.get_label() for line in axes.lines] == list(curves)
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines[:4]}) == 4
    assert axes.get_xlabel() == "batch"


def test_filters_are_the_columns_each_by_its_largest_weight():
    W = np.random.RandomState(0).randn(16, 3)
    W[:, 2] = 0
    image = np.asarray(drawn(plots.plot_filters(W))[0].images[0].get_array())
    np.testing.assert_allclose(image[1:5, 6:10], W[:, 1].reshape(4, 4) / abs(W[:, 1]).max())
    np.testing.assert_array_equal(image[6:10, 1:5], 0)


def test_no_more_filters_than_asked_for():
    W = np.ones((4, 9))
    image = np.asarray(plots.plot_filters(W, n=4).axes[0].images[0].get_array())
    assert image.shape == (7, 7)  # 2 x 2 filters of 2 x 2, and lines around them


def test_reconstructions_are_below_their_originals():
    X, X_hat = np.random.RandomState(0).rand(2, 3, 16)
    axes = drawn(plots.plot_reconstructions(X, X_hat, ["7", "1", "0"]))
    for n in range(3):
        np.testing.assert_allclose(axes[n].images[0].get_array(), X[n].reshape(4, 4))
        np.testing.assert_allclose(axes[3 + n].images[0].get_array(), X_hat[n].reshape(4, 4))
    assert [a.get_title() for a in axes[:3]] == ["7", "1", "0"]


def test_completions_hide_what_was_not_given():
    X, completed = np.random.RandomState(0).rand(2, 2, 16)
    missing = np.arange(16) >= 8
    axes = drawn(plots.plot_completions(X, missing, completed, ["7", "1"]))
    for n in range(2):
        rows = [np.ma.filled(axes[2 * row + n].images[0].get_array(), np.nan).ravel() for row in range(3)]
        np.testing.assert_allclose(rows[0], X[n])
        np.testing.assert_allclose(rows[1], np.where(missing, np.nan, X[n]))
        np.testing.assert_allclose(rows[2], completed[n])


def test_fantasies_have_a_row_a_chain_and_a_column_a_step():
    pictures = np.random.RandomState(0).rand(3, 2, 16)
    axes = drawn(plots.plot_fantasies(pictures, [1, 10, 1000]))
    for step in range(3):
        for chain in range(2):
            image = axes[3 * chain + step].images[0].get_array()
            np.testing.assert_allclose(image, pictures[step, chain].reshape(4, 4))
    assert [a.get_title() for a in axes[:3]] == ["1", "10", "1,000"]


def test_rows_that_are_no_square_images_are_refused():
    with pytest.raises(ValueError, match="a row has 15 values, expected the pixels of a square image"):
        plots.plot_filters(np.zeros((15, 2)))


SHAPES = pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3)])


def colours_of(axes):
    """Return an image as it is drawn, without the transparency of missing pixels."""
    array = np.asarray(axes.images[0].get_array())
    return array[..., :3] if array.ndim == 3 else array


@SHAPES
def test_images_of_any_shape(shape):
    X, X_hat = np.random.RandomState(0).rand(2, 2, int(np.prod(shape)))
    figure = plots.plot_reconstructions(X, X_hat, ["a", "b"], image_shape=shape, cmap="gray")
    axes = drawn(figure)
    for n in range(2):
        np.testing.assert_allclose(colours_of(axes[n]), X[n].reshape(shape))
        np.testing.assert_allclose(colours_of(axes[2 + n]), X_hat[n].reshape(shape))
    assert axes[0].images[0].get_cmap().name == "gray"
    adversarial = plots.plot_adversarial(X, X_hat, ["a", "b"], ["c", "d"], 2, image_shape=shape)
    np.testing.assert_allclose(colours_of(drawn(adversarial)[4]), X_hat[0].reshape(shape))
    fantasies = plots.plot_fantasies(X[None], [1], image_shape=shape)
    np.testing.assert_allclose(colours_of(drawn(fantasies)[1]), X[1].reshape(shape))


def test_missing_pixels_of_coloured_images_are_transparent():
    X, missing = np.random.RandomState(0).rand(1, 12), np.arange(12) >= 6
    axes = drawn(plots.plot_completions(X, missing, X, ["a"], image_shape=(2, 2, 3)))
    image = np.asarray(axes[1].images[0].get_array())
    assert image[..., 3].tolist() == [[1, 1], [0, 0]]
    np.testing.assert_allclose(image[0, :, :3], X.reshape(2, 2, 3)[0])


@SHAPES
def test_filters_and_features_of_any_shape(shape):
    rs = np.random.RandomState(0)
    W = rs.randn(int(np.prod(shape)), 3)
    image = colours_of(drawn(plots.plot_filters(W, image_shape=shape))[0])
    first = W[:, 0].reshape(shape) / abs(W[:, 0]).max()
    np.testing.assert_allclose(image[1:4, 1:6], first if len(shape) == 2 else (first + 1) / 2)
    made, found = rs.rand(2, len(W)), rs.rand(2, 4, len(W))
    image = colours_of(drawn(plots.plot_features({"layer": (made, found)}, image_shape=shape))[0])
    np.testing.assert_allclose(image[5:8, :5], made[1].reshape(shape))
    np.testing.assert_allclose(image[5:8, 13:18], found[1, 0].reshape(shape))


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        ((3, 4), ValueError, r"image_shape is \(3, 4\), which has 3 \* 4 = 12 values, but a row has 15"),
        ((3, 5, 4), ValueError, r"expected \(rows, columns\), or \(rows, columns, 3\) for colours"),
        ((0, 5), ValueError, r"image_shape is \(0, 5\)"),
        (15, TypeError, "image_shape is 15"),
    ],
)
def test_shapes_that_do_not_fit(shape, error, message):
    for plot in (
        lambda: plots.plot_filters(np.zeros((15, 2)), image_shape=shape),
        lambda: plots.plot_images({"a": np.zeros((1, 15))}, ["1"], image_shape=shape),
        lambda: plots.plot_features({"a": (np.zeros((1, 15)), np.zeros((1, 1, 15)))}, image_shape=shape),
    ):
        with pytest.raises(error, match=message):
            plot()


def test_classes_are_named():
    names = ["cat", "a long name"]
    axes = drawn(plots.plot_confusion(np.diag([3, 4]), names=names, noun="class"))[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == names
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    Y = np.random.RandomState(0).randn(6, 2)
    axes = drawn(plots.plot_embeddings({"a": Y}, np.arange(6) % 2, names=names))[0]
    assert [text.get_text() for text in axes.texts] == names
    assert len(drawn(plots.plot_embeddings({"a": Y}, None))[0].texts) == 0


def test_a_confusion_matrix_of_many_classes_shows_no_zeros():
    matrix = 10 * np.eye(40, dtype=int)
    matrix[3, 5] = 2
    texts = [text.get_text() for text in drawn(plots.plot_confusion(matrix))[0].texts]
    assert sorted(texts) == ["10"] * 40 + ["2"]


def test_show_fig_shows_the_costs(monkeypatch):
    from matplotlib import pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gca().lines[0].get_ydata().tolist()))
    X = np.random.RandomState(0).rand(200, 16)
    ae = AutoEncoder(3, random_state=0).fit(X, epochs=2, show_fig=True)
    assert shown == [ae.costs]
    assert plt.get_fignums() == []


def test_embeddings_show_every_point_in_its_colour():
    Y, labels = np.random.RandomState(0).randn(30, 2), np.arange(30) % 3
    axes = drawn(plots.plot_embeddings({"a": Y, "b": -Y, "c": Y, "d": Y}, labels, "maps"))
    assert [panel.get_title() for panel in axes[:4]] == ["a", "b", "c", "d"]
    np.testing.assert_allclose(axes[1].collections[0].get_offsets(), -Y)
    assert len({tuple(colour) for colour in axes[0].collections[0].get_facecolors()}) == 3
    assert [text.get_text() for text in axes[0].texts] == ["0", "1", "2"]
    assert not axes[4].axison


def test_toys_of_two_and_three_dimensions():
    rs = np.random.RandomState(0)
    toys = {
        "plane": (rs.randn(9, 2), rs.randn(9, 2), np.arange(9) % 2),
        "space": (rs.randn(9, 3), rs.randn(9, 2), np.zeros(9, int)),
    }
    axes = drawn(plots.plot_toy_data(toys))
    assert [panel.name for panel in axes] == ["rectilinear", "rectilinear", "3d", "rectilinear"]
    np.testing.assert_allclose(axes[1].collections[0].get_offsets(), toys["plane"][1])


def test_variance_is_marked_where_the_share_is_reached():
    axes = drawn(plots.plot_variance(np.array([0.6, 0.3, 0.08, 0.02]), 0.95))
    np.testing.assert_allclose(axes[0].lines[0].get_ydata(), [60, 30, 8, 2])
    np.testing.assert_allclose(axes[1].lines[0].get_ydata(), [60, 90, 98, 100])
    assert [text.get_text() for text in axes[1].texts] == ["95% by 3"]


def test_updates_have_a_curve_a_layer_on_one_scale():
    looks = {"a": np.array([[1e-4, 1e-2], [2e-4, 1e-2]]), "b": np.array([[1e-3, 1e-2]])}
    figure = plots.plot_updates(looks, ["layer 1", "logistic layer"])
    panels = drawn(figure)
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == [
        "logistic layer",
        "layer 1",
    ]  # as the curves lie
    for handle, line in zip(legend.get_lines(), panels[0].lines[::-1], strict=True):
        np.testing.assert_array_equal(handle.get_color(), line.get_color())
    for panel, (name, sizes) in zip(panels, looks.items(), strict=True):
        assert panel.get_title() == name
        for line, values in zip(panel.lines, sizes.T, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), values)
        assert panel.get_yscale() == "log"
    assert panels[0].get_ylim() == panels[1].get_ylim()


def test_a_spread_has_a_mean_and_every_run():
    values = {"a": {100: [0.2, 0.3], 1000: [0.05, 0.07]}, "b": {100: [0.4, 0.4]}}
    axes = drawn(plots.plot_repeated_runs(values))[0]
    curves = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    np.testing.assert_allclose(curves["a"].get_ydata(), [25, 6])
    np.testing.assert_allclose(curves["b"].get_ydata(), [40])
    runs = sorted(y for line in axes.lines if line.get_label().startswith("_") for y in line.get_ydata())
    np.testing.assert_allclose(runs, [5, 7, 20, 30, 40, 40])


def test_features_stand_before_the_images_that_are_found():
    rs = np.random.RandomState(0)
    features, images = rs.rand(3, 16), rs.rand(3, 2, 16)
    axes = drawn(plots.plot_features({"layer 1": (features, images), "layer 2": (features, images)}))
    assert [a.get_title() for a in axes] == [f"layer {n}\nsynthesised | from the data" for n in (1, 2)]
    grid = np.ma.filled(axes[0].images[0].get_array(), np.nan)
    np.testing.assert_allclose(grid[6:10, :4], features[1].reshape(4, 4))
    np.testing.assert_allclose(grid[6:10, 12:16], images[1, 0].reshape(4, 4))
    np.testing.assert_allclose(grid[6:10, 18:22], images[1, 1].reshape(4, 4))


def test_tricks_show_the_change_magnified_around_gray():
    X = np.random.RandomState(0).rand(2, 16) / 2
    changed = X + 0.02
    axes = drawn(plots.plot_adversarial(X, changed, ["7 (90%)", "1"], ["2 (60%)", "8"], 10))
    np.testing.assert_allclose(axes[0].images[0].get_array(), X[0].reshape(4, 4))
    np.testing.assert_allclose(axes[2].images[0].get_array(), np.full((4, 4), 0.6))
    np.testing.assert_allclose(axes[5].images[0].get_array(), changed[1].reshape(4, 4))
    assert [a.get_title() for a in axes[:2]] == ["7 (90%)", "1"]
    assert [a.get_xlabel() for a in axes[4:]] == ["2 (60%)", "8"]
    assert axes[2].get_ylabel() == "change, × 10"


def test_robustness_has_a_curve_for_each_network_and_attack():
    errors = {"plain": {"one step": [0.1, 0.5], "noise": [0.1, 0.2]}, "hardened": {"one step": [0.1, 0.3]}}
    (axes,) = drawn(plots.plot_robustness([0, 0.1], errors))
    curves = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert curves == {
        "plain, one step": [10, 50],
        "plain, noise": [10, 20],
        "hardened, one step": [10, 30],
    }
    assert axes.lines[0].get_color() == axes.lines[1].get_color() != axes.lines[2].get_color()

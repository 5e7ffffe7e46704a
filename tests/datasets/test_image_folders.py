"""Folders of images, a folder for each class."""

import numpy as np
import pytest
from PIL import Image

from udl_pt import DataError, load_data


def save(image, file, **options):
    file.parent.mkdir(parents=True, exist_ok=True)
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, **options)


def pixels(*shape, seed=0):
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def test_a_folder_for_each_class(tmp_path):
    images = pixels(4, 5, 7, 3)
    for name, image in zip(("b/1.png", "a/2.bmp", "a/1.tiff", "b/0.png"), images, strict=True):
        save(image, tmp_path / name)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a" / ".DS_Store").write_text("hidden")
    (tmp_path / "README.txt").write_text("notes beside the classes")
    data = load_data(tmp_path)
    np.testing.assert_array_equal(data.X, images[[2, 1, 3, 0]].reshape(4, -1) / 255)
    assert (data.Y.tolist(), data.label_names) == ([0, 0, 1, 1], ("a", "b"))
    assert (data.image_shape, data.noun, data.ink) == ((5, 7, 3), "image", False)
    assert data.source == f"{tmp_path.name} (4)"
    assert data.Xtest.shape == (0, 105)


def test_grey_images_have_no_third_number(tmp_path):
    grey = pixels(5, 7)
    save(grey, tmp_path / "a" / "0.png")
    save(np.repeat(grey[:, :, None], 3, axis=2), tmp_path / "b" / "0.png")
    data = load_data(tmp_path)
    assert data.image_shape == (5, 7)
    np.testing.assert_array_equal(data.X, np.tile(grey.ravel() / 255, (2, 1)))


def test_training_and_test_set(tmp_path):
    images = pixels(4, 3, 3)
    for name, image in zip(("train/x/0", "train/y/0", "test/x/0", "test/y/1"), images, strict=True):
        save(image, tmp_path / f"{name}.png")
    data = load_data(tmp_path)
    np.testing.assert_array_equal(np.concatenate([data.X, data.Xtest]), images.reshape(4, -1) / 255)
    assert (data.Y.tolist(), data.Ytest.tolist(), data.label_names) == ([0, 1], [0, 1], ("x", "y"))
    save(pixels(2, 2), tmp_path / "test" / "x" / "0.png")
    save(pixels(2, 2), tmp_path / "test" / "y" / "1.png")
    with pytest.raises(DataError, match=r"train have 3 x 3 pixels, in test 2 x 2: pass resize"):
        load_data(tmp_path)
    assert load_data(tmp_path, resize=(4, 5)).image_shape == (4, 5)


def test_mixed_sizes_are_resized_on_request(tmp_path):
    flat = np.full((6, 8, 3), 51, np.uint8)
    save(flat, tmp_path / "a" / "0.png")
    save(flat[:5], tmp_path / "b" / "0.png")
    with pytest.raises(DataError, match=r"0.png has 6 x 8 pixels, but .*0.png 5 x 8: pass resize=\(rows"):
        load_data(tmp_path)
    data = load_data(tmp_path, resize=[3, 4])
    assert data.image_shape == (3, 4)
    np.testing.assert_array_equal(data.X, np.full((2, 12), 0.2))


def test_modes_of_pillow(tmp_path):
    grey = pixels(3, 3)
    save(grey.astype(np.uint16) * 257, tmp_path / "a" / "0.png")  # 16 bits
    save(Image.fromarray(grey).convert("P"), tmp_path / "a" / "1.png")
    alpha = np.dstack([grey, grey, grey, np.full((3, 3), 255, np.uint8)])
    alpha[0, 0, 3] = 0
    save(alpha, tmp_path / "a" / "2.png")  # a transparent pixel is white
    save(Image.fromarray(grey > 127), tmp_path / "b" / "0.png")
    data = load_data(tmp_path)
    seen = grey.copy()
    seen[0, 0] = 255
    expected = [grey / 255, grey / 255, seen / 255, grey > 127]
    np.testing.assert_array_equal(data.X, np.reshape(expected, (4, 9)))


def test_the_orientation_of_a_camera(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    grey = pixels(3, 5)
    save(Image.fromarray(grey), tmp_path / "a" / "0.png", exif=exif)
    data = load_data(tmp_path)
    assert data.image_shape == (5, 3)
    np.testing.assert_array_equal(data.X.reshape(5, 3), np.rot90(grey, -1) / 255)


def test_what_is_no_image(tmp_path, monkeypatch):
    save(pixels(9, 9), tmp_path / "a" / "0.png")
    other = tmp_path / "a" / "1.png"
    whole = (tmp_path / "a" / "0.png").read_bytes()
    for content, message in (
        (b"notes", "1.png is no image that Pillow reads: remove it"),
        (whole[:-30], "1.png is a damaged image"),
    ):
        other.write_bytes(content)
        with pytest.raises(DataError, match=message):
            load_data(tmp_path)
    other.unlink()
    (tmp_path / "a" / "deeper").mkdir()
    with pytest.raises(DataError, match="deeper is no file, expected images alone"):
        load_data(tmp_path)
    (tmp_path / "a" / "deeper").rmdir()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty is empty, expected images"):
        load_data(tmp_path)
    (tmp_path / "empty").rmdir()
    save(Image.fromarray(np.zeros((9, 9), np.float32)), tmp_path / "b" / "0.tiff")
    with pytest.raises(DataError, match="pixels of floats"):
        load_data(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with pytest.raises(DataError, match=r"0.png has too many pixels .*: make it smaller"):
        load_data(tmp_path)

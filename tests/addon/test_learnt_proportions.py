"""What hands do to proportions, learnt: corrected heads come nearer to those that were drawn."""

# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from limner.addon.bench_fit import bench_fits, drawn_samples
from limner.addon.learn_proportions import fitted_examples, from_afar
from limner.addon.pipeline import Session
from limner.rig.camera import Camera
from limner.synthetic_data.sample import Maker
from limner.synthetic_data.style import style_names

SEED, COUNT = 7301, 12


@pytest.fixture(scope="module")
def samples():
    maker = Maker.load(SEED, 256, {"makehuman": 1.0}, tuple(style_names()))
    return list(drawn_samples(maker, COUNT))


@pytest.mark.slow
def test_the_whole_surface_comes_nearer_to_the_drawn_one(samples):
    learnt, without = Session(), Session()
    corrector = without.corrector
    corrector._share_to_begin_with = lambda *_: 0.0
    near = bench_fits(learnt, iter(samples)).figures()
    far = bench_fits(without, iter(samples)).figures()
    assert near["drawings"] == far["drawings"] >= COUNT - 2
    assert near["drawn_mean_snakes"] < far["drawn_mean_snakes"] - 0.002
    assert near["drawn_mean_snakes"] < 0.95 * near["drawn_mean_parametric"]
    assert near["gap_closed_mean"] > far["gap_closed_mean"] - 0.03


@pytest.mark.slow
def test_what_a_fit_is_wrong_by_leads_to_the_true_head(samples):
    session = Session()
    pairs = list(fitted_examples(session, iter(samples)))
    assert len(pairs) >= COUNT - 2
    learnt = session.corrector.proportions
    true, seen = [], []
    for way, left in pairs:
        assert way.shape == (learnt.matrix.shape[1],)
        assert left.shape == (len(session.rig.neutral), 3)
        ahead = session.rig.neutral[:, 2] > session.rig.pivot[2] + 0.03
        size = np.linalg.norm(left[ahead].astype(float), axis=1).mean()
        assert 0.005 < size < 0.5
        shared = session.rig.landmarks.interpolate(left.astype(float), session.rig.triangles)
        true.append(shared[:68, :2].ravel())
        seen.append(way[: 2 * 68])
    # what is seen of the landmarks points the same way as what is true of them
    assert np.corrcoef(np.concatenate(true), np.concatenate(seen))[0, 1] > 0.15


@pytest.mark.parametrize("inverse_distance", [0.0, 0.7, 2.0])
def test_a_head_from_afar_is_its_own_shape_where_it_was_seen(inverse_distance):
    rng = np.random.default_rng(3)
    vertices = rng.normal(0.0, 0.05, (400, 3))
    front = vertices[:, 2] > 0.0
    camera = Camera(900.0, np.array([120.0, 90.0]), (256, 256), inverse_distance)
    near = camera.project(vertices)
    there, scale = from_afar(vertices, near, front)
    # nothing but size and place differs from the shape itself
    flat = vertices[:, :2] * [1.0, -1.0]
    np.testing.assert_allclose(there - there[0], scale * (flat - flat[0]), atol=1e-9)
    np.testing.assert_allclose(there[front].mean(axis=0), near[front].mean(axis=0), atol=1e-9)
    if inverse_distance == 0.0:
        np.testing.assert_allclose(there, near, atol=1e-9)
        assert scale == pytest.approx(900.0)
    else:
        assert scale > 905.0  # what is near looks larger
        assert np.abs(there - near)[~front].max() > 1.0

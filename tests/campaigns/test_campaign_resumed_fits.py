"""The campaign of killed and resumed fits finds nothing in the library, and finds a careless resumption."""

import pytest
from campaigns import resumed_fits

SLOW, EXHAUSTIVE = pytest.mark.slow, pytest.mark.exhaustive


@pytest.mark.parametrize(
    "campaign",
    [
        pytest.param(
            campaign, marks=EXHAUSTIVE if "RBM" in campaign.name or "t-SNE" in campaign.name else SLOW
        )
        for campaign in resumed_fits.CAMPAIGNS
    ],
    ids=lambda campaign: campaign.name,
)
def test_fits_resume_to_the_same_bits_or_not_at_all(campaign):
    tries = 2 if "killed" in campaign.name else 100
    assert list(campaign.run(tries, 1)) == [None] * tries


@SLOW
def test_generators_that_are_not_restored_are_found_out(monkeypatch):
    monkeypatch.setattr(resumed_fits, "FIT", "careless:fitted_without_generators")
    monkeypatch.setattr(resumed_fits, "BACKENDS", ("numba",))
    assert any(found is not None for found in resumed_fits.killed("auto_encoder", 6, 1))

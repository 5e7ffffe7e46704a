"""The campaign of killed and resumed fits finds nothing in the library, and finds a careless resumption."""

import pytest
from campaigns import resumed_fits

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("campaign", resumed_fits.CAMPAIGNS, ids=lambda campaign: campaign.name)
def test_killed_fits_resume_to_the_same_bits(campaign):
    assert list(campaign.run(6, 1)) == [None] * 6


def test_generators_that_are_not_restored_are_found_out(monkeypatch):
    monkeypatch.setattr(resumed_fits, "FIT", "careless:fitted_without_generators")
    monkeypatch.setattr(resumed_fits, "BACKENDS", ("numba",))
    assert any(found is not None for found in resumed_fits.killed("auto_encoder", 6, 1))

import pytest

from pipelines.errors import InputError
from pipelines.roles.bench import measure, score
from tests.shared import shared_data


def test_precision_recall_and_macro_f1_follow_their_definitions():
    figures = score(["hcp", "hcp", "media", "other"], ["hcp", "media", "media", "hcp"])
    assert (0.5, 0.5, 0.5) == (figures["hcp_precision"], figures["hcp_recall"], figures["hcp_f1"])
    assert round((0.5 + 2 / 3) / 8, 4) == figures["macro_f1"]


def test_the_bench_measures_quality_and_speed():
    figures = measure(shared_data())
    assert {"hcp_precision", "hcp_recall", "hcp_f1", "macro_f1", "bios_per_second", "rank_seconds"} <= set(figures)


def test_a_missing_labelled_set_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="bios_dev"):
        measure(tmp_path)

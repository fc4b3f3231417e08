"""Every bundled tracker keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import TrackerContract


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Where MLflow keeps everything."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow's own use of SQLAlchemy
class TestTrackers(TrackerContract):
    @pytest.fixture(params=registered("tracker"))
    def chosen(self, request):
        return request.param()

    @pytest.fixture(autouse=True)
    def _apart(self, database, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
        monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")

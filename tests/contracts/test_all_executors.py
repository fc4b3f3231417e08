"""Every bundled executor keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import ExecutorContract

# Starting a cluster takes longer than everything else.
EXECUTORS = [
    pytest.param(*one.values, id=one.id, marks=pytest.mark.slow if one.id == "ray" else ())
    for one in registered("executor")
]


@pytest.fixture(scope="module")
def cluster():
    """A function that starts a cluster of Ray, once, and returns its address."""
    started = []

    def start():
        if not started:
            from ray.cluster_utils import Cluster

            started.append(Cluster(initialize_head=True, head_node_args={"num_cpus": 2}))
        return started[0].address

    yield start
    for one in started:
        one.shutdown()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of Ray's own processes
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestExecutors(ExecutorContract):
    @pytest.fixture(params=EXECUTORS)
    def chosen(self, request, cluster, monkeypatch):
        found = request.param()
        if found.name == "ray":
            monkeypatch.setenv("RAY_ADDRESS", cluster())
        return found

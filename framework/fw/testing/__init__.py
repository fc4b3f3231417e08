"""The contract kit: what every component of a kind must keep, as test classes for pytest.

A plugin's tests subclass the class of its kind and name the component::

    from fw.testing import AugmenterContract

    class TestItemDropout(AugmenterContract):
        component = ItemDropout

pytest then runs every check of the kind, each a test with a name of its own. The checks are the
rules that :mod:`fw.interfaces` states; a failure says which one is broken and what would be right.

A component that is called in a training step and whose result for a row hangs on the rest of the
batch, or which draws without addresses (torch's own dropout), says so by the attribute
``batch_invariant = False``; it is not checked for what it cannot keep.
"""

from fw.testing.augmenters import AugmenterContract
from fw.testing.datasets import DatasetContract
from fw.testing.encoders import EncoderContract
from fw.testing.evaluators import EvaluatorContract
from fw.testing.executors import ExecutorContract
from fw.testing.indexes import IndexContract
from fw.testing.inputs import InputContract
from fw.testing.loaders import LoaderContract
from fw.testing.losses import LossContract
from fw.testing.optimizers import OptimizerContract
from fw.testing.poolings import PoolingContract
from fw.testing.samplers import SamplerContract
from fw.testing.schedules import ScheduleContract
from fw.testing.splitters import SplitterContract
from fw.testing.tasks import TaskContract
from fw.testing.trackers import TrackerContract

__all__ = [
    "AugmenterContract",
    "DatasetContract",
    "EncoderContract",
    "EvaluatorContract",
    "ExecutorContract",
    "IndexContract",
    "InputContract",
    "LoaderContract",
    "LossContract",
    "OptimizerContract",
    "PoolingContract",
    "SamplerContract",
    "ScheduleContract",
    "SplitterContract",
    "TaskContract",
    "TrackerContract",
]

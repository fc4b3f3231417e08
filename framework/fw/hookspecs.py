"""The hooks that a plugin may implement: one for each kind of component.

A plugin is a module (installed under the entry-point group ``fw``, or named with ``-p``) that
implements one or more of these functions, each marked with ``fw.hookimpl``. A hook is called once,
when the plugin is loaded, with a ``register`` function to be called as
``register(name, component)`` for each component that is offered:

``name``
    The short word by which recipes name the component, such as ``"crop"``: lower-case letters,
    digits and underscores. A name that is already taken within the kind is refused, naming both
    owners.
``component``
    A frozen attrs class. Its fields are the component's settings: their types, defaults and
    validators are what a recipe is checked against, and its docstring is what ``fw describe``
    shows. If the class has a method ``build(info)`` (see :class:`fw.interfaces.Info`), that makes
    the component once the data is known; otherwise the instance itself is the component. What a
    component must be able to do is the protocol of its kind in :mod:`fw.interfaces`.

Nothing that is registered takes effect until a recipe names it.
"""

from __future__ import annotations

from collections.abc import Callable

import pluggy

PROJECT = "fw"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Register = Callable[[str, type], None]


@hookspec
def register_datasets(register: Register) -> None:
    """Offer data sets: where interactions come from (:class:`fw.interfaces.Dataset`)."""


@hookspec
def register_splitters(register: Register) -> None:
    """Offer splitters: training part, validation and test (:class:`fw.interfaces.Splitter`)."""


@hookspec
def register_tasks(register: Register) -> None:
    """Offer tasks: what each position is to predict (:class:`fw.interfaces.Task`)."""


@hookspec
def register_loaders(register: Register) -> None:
    """Offer loaders: where training batches come from (:class:`fw.interfaces.Loader`)."""


@hookspec
def register_samplers(register: Register) -> None:
    """Offer samplers of negative items (:class:`fw.interfaces.Sampler`)."""


@hookspec
def register_encoders(register: Register) -> None:
    """Offer encoders: sequences to hidden states (:class:`fw.interfaces.Encoder`)."""


@hookspec
def register_inputs(register: Register) -> None:
    """Offer inputs: what is embedded beside the items (:class:`fw.interfaces.Input`)."""


@hookspec
def register_augmenters(register: Register) -> None:
    """Offer augmenters: one view of every sequence (:class:`fw.interfaces.Augmenter`)."""


@hookspec
def register_poolings(register: Register) -> None:
    """Offer poolings: hidden states to one vector a sequence (:class:`fw.interfaces.Pooling`)."""


@hookspec
def register_losses(register: Register) -> None:
    """Offer losses: one weighted term each (:class:`fw.interfaces.Loss`)."""


@hookspec
def register_optimizers(register: Register) -> None:
    """Offer optimizers (:class:`fw.interfaces.Optimizer`)."""


@hookspec
def register_schedules(register: Register) -> None:
    """Offer schedules of the learning rate (:class:`fw.interfaces.Schedule`)."""


@hookspec
def register_evaluators(register: Register) -> None:
    """Offer evaluators: metrics of one named protocol (:class:`fw.interfaces.Evaluator`)."""


@hookspec
def register_trackers(register: Register) -> None:
    """Offer trackers: where a run's metrics also go (:class:`fw.interfaces.Tracker`)."""


@hookspec
def register_executors(register: Register) -> None:
    """Offer executors: where the runs of a sweep go (:class:`fw.interfaces.Executor`)."""


@hookspec
def register_indexes(register: Register) -> None:
    """Offer indexes: which items are worth scoring (:class:`fw.interfaces.Index`)."""

"""What a type checker says of a person's script. Each mistake below is to be found: `make lint` fails on an ignore that
ignores nothing."""

from __future__ import annotations

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import weightreel
from weightreel import Dense, Mnist, NeuronGrid, Run, Scene

hidden = Dense(units=3)
assert_type(hidden.units, int)
assert_type(weightreel.load("hidden_grid"), Scene)
assert_type(weightreel.film("hidden_grid")[0], NDArray[np.uint8])
scene = Scene(run=Run(layers=[hidden], data=Mnist(per_class=10)), view=[NeuronGrid(rows=1)])

Dense(unit=3)  # type: ignore[call-arg]
Dense(units="3")  # type: ignore[arg-type]
Run(layers=[hidden], epoch=2)  # type: ignore[call-arg]
Run(layers=[NeuronGrid()])  # type: ignore[list-item]
weightreel.Dence  # type: ignore[attr-defined]  # noqa: B018

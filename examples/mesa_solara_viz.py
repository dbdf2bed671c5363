"""A swarm on Mesa's own page: solara run examples/mesa_solara_viz.py.

Mesa's page needs two packages more: pip install altair matplotlib.
"""

import solara
from mesa.visualization import Slider, SolaraViz
from mesa.visualization.utils import update_counter

from swarmboard.lone_model import LoneModel
from viz import FollowedConsensus

PARAMETERS = {
    "agents": Slider("Jurors", value=60, min=5, max=300, step=5),
    "seed": {"type": "InputText", "value": 0, "label": "Seed"},
}


@solara.component
def consensus(model: LoneModel) -> None:
    """Show how the jury agrees, with the views of the dashboard."""
    update_counter.get()  # drawn again with each step
    followed = solara.use_memo(lambda: FollowedConsensus(model.folder), [model.folder])
    solara.use_effect(lambda: followed.close, [followed])
    followed.look()
    solara.display(followed.widget)


model = LoneModel("jury", agents=60)
page = SolaraViz(model, components=[consensus], model_params=PARAMETERS, name="A jury")

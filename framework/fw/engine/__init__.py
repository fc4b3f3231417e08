"""The engine: from a recipe to a trained, selected and tested model in a run folder."""

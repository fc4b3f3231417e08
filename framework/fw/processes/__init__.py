"""Several processes that train one run together, launched by torchrun or ``fw run --processes``."""

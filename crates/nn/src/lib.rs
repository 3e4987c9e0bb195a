//! Layers, losses, initialisation, state dicts.

//! Cuts the subset.

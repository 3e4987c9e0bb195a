//! Rows with one input whose slope is a number: shifts, scalings, and the identity.

crate::table::linear! {
    /// `$-x$`. Slope -1.
    neg [0.2] |x| -x => -1.0;
    /// The same value under a new name on the tape. Slope 1.
    alias [0.1] |x| x => 1.0;
    /// `$x + c$`. Slope 1.
    add_number [0.2] |x; c| x + c => 1.0;
    /// `$c - x$`. Slope -1.
    number_minus [0.2] |x; c| c - x => -1.0;
    /// `$c x$`. Slope c.
    scale [0.2] |x; c| x * c => c;
    /// `$x / c$`. Slope `$1/c$`.
    over_number [0.3] |x; c| x / c => 1.0 / c;
    /// The nearest integer, with the slope of the identity: the straight-through estimator (Bengio et al., 2013).
    round_straight_through [0.2] |x| round(x) => 1.0;
    /// The fractional part, with the sign of x. The slope is 1.
    frac [0.2] |x| frac(x) => 1.0;
}

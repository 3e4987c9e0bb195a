//! Rows with one input whose slope is a number: shifts, scalings, and the steps, whose slope is 0.

crate::table::linear! {
    /// `$-x$`.
    neg [0.2] |x| -x => -1.0;
    /// The same value under a new name on the tape.
    alias [0.1] |x| x => 1.0;
    /// `$x + c$`.
    add_number [0.2] |x; c| x + c => 1.0;
    /// `$c - x$`.
    number_minus [0.2] |x; c| c - x => -1.0;
    /// `$c x$`.
    scale [0.2] |x; c| x * c => c;
    /// `$x / c$`.
    over_number [0.3] |x; c| x / c => 1.0 / c;
    /// The largest integer not above x. The slope is 0.
    floor [0.2] |x| floor(x) => 0.0;
    /// The smallest integer not below x. The slope is 0.
    ceil [0.2] |x| ceil(x) => 0.0;
    /// The nearest integer, halves to the even one. The slope is 0; see [`Self::round_straight_through`].
    round [0.2] |x| round(x) => 0.0;
    /// The nearest integer, with the slope of the identity: the straight-through estimator (Bengio et al., 2013).
    round_straight_through [0.2] |x| round(x) => 1.0;
    /// The integer part, towards zero. The slope is 0.
    trunc [0.2] |x| trunc(x) => 0.0;
    /// The fractional part, with the sign of x. The slope is 1.
    frac [0.2] |x| frac(x) => 1.0;
    /// -1, 0 or 1. The slope is 0.
    sign [0.2] |x| sign(x) => 0.0;
}

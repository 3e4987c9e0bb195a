//! Rows with one input whose slope is 0 wherever it is defined: the roundings and the sign.

crate::table::flat! {
    /// The largest integer not above x. The slope is 0.
    floor [0.2] |x| floor(x);
    /// The smallest integer not below x. The slope is 0.
    ceil [0.2] |x| ceil(x);
    /// The nearest integer, halves to the even one. The slope is 0; see [`Self::round_straight_through`].
    round [0.2] |x| round(x);
    /// The integer part, towards zero. The slope is 0.
    trunc [0.2] |x| trunc(x);
    /// -1, 0 or 1. The slope is 0.
    sign [0.2] |x| sign(x);
}

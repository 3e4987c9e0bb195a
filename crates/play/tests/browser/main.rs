//! The page in a real browser: what it shows is what the library computes, nothing else is asked, nothing goes wrong, and
//! it can be read on a desk and on a phone, by day and by night.

mod backprop;
mod descent;
mod differences;
mod driver;
mod every_view;
mod microgpt;
mod network;
mod schedules;
mod shell;

use approx::relative_eq;

/// A number of the page.
pub(crate) fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is a number"))
}

/// A number of the page beside the library's, to the digits that are shown.
#[track_caller]
pub(crate) fn same(text: &str, exact: f64, digits: i32) {
    let error = 10f64.powi(1 - digits);
    assert!(
        relative_eq!(number(text), exact, max_relative = error, epsilon = 1e-300),
        "{text} on the page, {exact} by the library"
    );
}

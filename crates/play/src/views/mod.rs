//! The views: for each a request, an answer, and the function from one to the other.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "every view's function is given what was sent and may refuse it: the server knows one form"
)]

pub mod backprop;
pub mod descent;
pub mod differences;
pub mod microgpt;
pub mod network;
pub mod schedules;
mod training;

pub use training::Training;

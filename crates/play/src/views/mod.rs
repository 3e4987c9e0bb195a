//! The views: for each a request, an answer, and the function from one to the other.

pub mod backprop;
pub mod descent;
pub mod differences;
pub mod schedules;

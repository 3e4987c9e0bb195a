//! A page on 127.0.0.1 to see and play with gradus. The page draws; every number on it is computed here, by the library.
//!
//! `server` is the way in: the address with its token, what is refused, how much may run at once. `views` has a file for
//! each view of the page: its request, its answer, and the function from one to the other, or its training; none of them
//! knows of the server. `answer` and `drawing` are what they share. The page itself, plain HTML, CSS and JavaScript, stands in
//! the folder `page`.
#![forbid(unsafe_code)]

mod answer;
mod drawing;
mod server;
pub mod views;

pub use answer::{Number, Refusal, Values};
pub use drawing::{Axis, Chart, Line, Mark, Table};
pub use server::Server;

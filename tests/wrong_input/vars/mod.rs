//! The methods of `Var`, with valid inputs.

mod linalg;
mod losses;
mod moves;
mod windows;

use gradus::autograd::Var;

use crate::{Args, Entry};

/// A method on the tape; of several results one is looked at.
pub(crate) type Call = for<'t> fn(&[Var<'t>], &Args) -> Var<'t>;

/// Methods of other types, and what takes no value of a user's.
pub(crate) const ELSEWHERE: &[&str] = &["apply"];

pub(crate) fn table() -> Vec<Entry<Call>> {
    let mut all = moves::table();
    all.extend(windows::table());
    all.extend(losses::table());
    all.extend(linalg::table());
    all
}

fn of(name: &'static str, shapes: &'static [&'static [usize]], call: Call) -> Entry<Call> {
    crate::of(name, shapes, call)
}

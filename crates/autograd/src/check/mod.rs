//! Seeing and checking what the engine does.

pub(crate) mod diagnose;
pub(crate) mod display;
pub(crate) mod node;
pub(crate) mod trace;

pub use diagnose::{Anomaly, Pass, WhyZero};
pub use trace::{Trace, TraceLeaf, TraceNode, TracePart, TraceStep};

//! The reference data: `GRADUS_ORACLE=DIR cargo test --release --test oracle -- GROUP --nocapture`.
//!
//! Every group of the data is a test of that name. It runs every case, lists each one that fails or is not supported
//! with what differs, and ends with one line of counts. Without `GRADUS_ORACLE` it reads `../shared/oracle` or, where
//! that is missing, the subset in `tests/oracle/data`.

mod args;
mod case;
mod check;
mod cut;
mod expression;
mod findiff;
mod gradutil;
mod groups;
mod init;
mod nn;
mod operators;
mod optim;
mod python_expr;
mod schedules;
mod table;
mod theory;
mod train;
mod value;

use groups::run_group;

macro_rules! groups {
    ($($group:ident => $run:expr;)*) => {$(
        #[test]
        fn $group() {
            run_group(stringify!($group), $run);
        }
    )*};
}

groups! {
    ops => case::operation;
    ops_edge => case::expression;
    gradutil => gradutil::run;
    findiff => findiff::run;
    nn => nn::run;
    optim_seq => optim::sequence::run;
    optim_sparse => optim::sparse::run;
    optim_fn => optim::function::run;
    optim_ext => optim::extended::run;
    schedules => schedules::run;
    textbook => textbook_case;
    train => train::run;
    init => init::run;
}

/// The operations on F32 inputs, with a rough tolerance: most cases must keep their type and come near.
#[test]
fn ops_in_f32() {
    groups::run_roughly("ops", case::operation_in_f32, 0.05);
}

fn textbook_case(case: &serde_json::Value, tensors: &safetensors::SafeTensors<'_>) -> Result<(), String> {
    match case["rule"].as_str() {
        Some("ewma" | "momentum_stability") => theory::run(case, tensors),
        _ => optim::textbook::run(case, tensors),
    }
}

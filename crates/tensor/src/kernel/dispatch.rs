//! The one dispatch on the CPU's vector width.
//!
//! A closure that is inlined into [`run`] is compiled for each instruction set (baseline, AVX2 with FMA, AVX-512; NEON
//! is the baseline of 64-bit ARM) and the best one is chosen at run time, so plain loops are vectorised without
//! `target-cpu` flags.

/// Runs `f` compiled for the widest vectors that this CPU has.
///
/// `f` must be an `#[inline(always)]` closure; a loop in it should run over slices that are parameters of a function,
/// not captured variables, or the compiler cannot tell that they do not overlap.
#[inline(always)]
pub fn run<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// The name of the instruction set that [`run`] uses, for reports.
pub fn name() -> String {
    format!("{:?}", pulp::Arch::new())
}

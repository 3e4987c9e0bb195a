//! The one dispatch on the CPU's vector width.
//!
//! A closure that is inlined into [`run`] is compiled for AVX2 with FMA (on 64-bit ARM NEON is the baseline), so plain
//! loops are vectorised without `target-cpu` flags. There is one compiled version of each loop, not one for each
//! instruction set: versions for older or wider vectors would multiply the build time of every dependent. A few loops that
//! compute much, exponentials of short rows, recurrent cells and a handful of functions, have a second one ([`run_wide`]).

#[cfg(target_arch = "x86_64")]
use std::sync::atomic::{AtomicU16, Ordering};

/// Runs `f` compiled for this machine's vectors.
///
/// `f` must be an `#[inline(always)]` closure; a loop in it should run over slices that are parameters of a function,
/// not captured variables, or the compiler cannot tell that they do not overlap.
///
/// # Panics
/// On an x86 CPU without AVX2 and FMA (before 2013).
#[inline(always)]
pub fn run<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        match pulp::x86::V3::try_new() {
            Some(v3) => v3.vectorize(f),
            None => unsupported(),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    f()
}

/// As [`run`], compiled a second time for vectors of 512 bits where the CPU has them: for loops that compute much with what
/// they read and are few, so that this is paid for. The bits are the same. With `GRADUS_VECTORS=256` in the environment it is
/// [`run`] on every CPU, so that one machine can compare the two.
#[inline(always)]
pub fn run_wide<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(v4) = pulp::x86::V4::try_new()
        && !narrow()
    {
        return v4.vectorize(f);
    }
    run(f)
}

/// Whether the environment asks for vectors of 256 bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn narrow() -> bool {
    match WIDTH.load(Ordering::Relaxed) {
        0 => asked() == 256,
        width => width == 256,
    }
}

/// The width that the environment asks for, in bits; 0 before it was looked at.
#[cfg(target_arch = "x86_64")]
static WIDTH: AtomicU16 = AtomicU16::new(0);

#[cfg(target_arch = "x86_64")]
#[cold]
#[inline(never)]
fn asked() -> u16 {
    let width = match std::env::var("GRADUS_VECTORS").as_deref() {
        Ok("256") => 256,
        Ok("512") | Err(_) => 512,
        Ok(other) => panic!("GRADUS_VECTORS: {other} is no width; 256 or 512"),
    };
    WIDTH.store(width, Ordering::Relaxed);
    width
}

#[cfg(target_arch = "x86_64")]
#[cold]
#[inline(never)]
fn unsupported() -> ! {
    panic!(
        "gradus needs a CPU with AVX2 and FMA (x86-64-v3: Intel since 2013, AMD since 2015) or 64-bit ARM"
    );
}

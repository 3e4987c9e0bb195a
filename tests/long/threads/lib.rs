//! The library's own files of the parallel loops and of the pool, with their tests.
#![allow(dead_code, unused_imports, reason = "the kernels, which use them, are not here")]

#[path = "../../../crates/tensor/src/kernel"]
mod kernel {
    mod parallel;
    mod pool;
}

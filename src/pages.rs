//! Pages whose programs are tried like those of the documentation: the right ones run, the wrong ones do not compile.
#![doc = include_str!("../docs/compiler.md")]
#![doc = include_str!("../docs/slips.md")]

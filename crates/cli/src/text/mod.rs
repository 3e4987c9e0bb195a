//! What the subcommands share in reading arguments and printing: numbers, tables, long lines.

pub(crate) mod arguments;
pub(crate) mod lines;
pub mod numbers;
pub(crate) mod table;

//! The `gradus` command; see the library of this package.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    gradus_cli::main()
}

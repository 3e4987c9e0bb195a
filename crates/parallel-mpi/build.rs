//! Says in one line what the build lacks, before the build script of the binding does it in many.

use std::process::{Command, Stdio};

/// Where the binding looks for MPI before it asks the wrapper.
const NAMED: [&str; 2] = ["MPI_PKG_CONFIG", "CRAY_MPICH_DIR"];

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let quiet = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What is to be said where no MPI is found; `variable` looks into the environment.
pub(crate) fn missing(
    variable: impl Fn(&str) -> Option<String>,
    runs: impl Fn(&str, &[&str]) -> bool,
) -> Option<String> {
    let wrapper = variable("MPICC").unwrap_or_else(|| "mpicc".to_string());
    let found = NAMED.iter().any(|name| variable(name).is_some())
        || runs(&wrapper, &["-show"])
        || ["mpich", "ompi"].iter().any(|name| runs("pkg-config", &["--exists", name]));
    (!found).then(|| {
        format!(
            "no MPI is installed here: `{wrapper}`, its compiler wrapper, does not run; apt-get install libopenmpi-dev openmpi-bin \
             libclang-dev (docs/many-machines.md); without MPI there is `cargo install --path crates/cli`"
        )
    })
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(text) = missing(|name| std::env::var(name).ok(), runs) {
        println!("cargo::error={text}");
    }
}

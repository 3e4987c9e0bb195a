//! `mpirun` with a command that is built without MPI: each process would train by itself.

use std::process::{Command, Output};

/// The command as OpenMPI or MPICH start it, each by the variables of its own.
fn under(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.args(arguments).envs(variables.iter().copied()).current_dir(std::env::temp_dir());
    command.output().expect("it starts")
}

#[test]
fn several_processes_without_mpi_are_refused_before_anything_is_done() {
    let [openmpi, mpich] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
    for arguments in
        [&["train", "digits"][..], &["explain", "x^2", "x=1"], &[], &["--help"], &["no such thing"]]
    {
        for name in [openmpi, mpich] {
            let output = under(&[(name, "4")], arguments);
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {message}");
            assert!(
                output.stdout.is_empty() && message.lines().count() == 1,
                "{name} {arguments:?}: {message}"
            );
            for part in ["error: 4 processes of `mpirun`", "built without MPI", "docs/many-machines.md"] {
                assert!(message.contains(part), "{name} {arguments:?}: {message:?} does not say {part:?}");
            }
        }
    }
}

#[test]
fn one_process_is_served() {
    for variables in
        [&[("OMPI_COMM_WORLD_SIZE", "1")][..], &[("PMI_SIZE", "1")], &[("PMI_SIZE", "no number")]]
    {
        let output = under(variables, &["explain", "x^2", "x=1"]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !output.stdout.is_empty(), "{variables:?}: {message}");
    }
}

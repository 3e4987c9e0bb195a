//! What the build says where MPI is missing.
#![allow(missing_docs)]

#[path = "../build.rs"]
#[allow(dead_code)]
mod script;

use script::missing;

#[test]
fn without_the_wrapper_the_packages_are_named() {
    let of = |variable: Option<&'static str>, works: &'static str| {
        missing(
            move |name| (Some(name) == variable).then(|| "set".to_string()),
            move |program, _| program == works,
        )
    };
    let text = of(None, "").expect("nothing is there");
    for part in ["no MPI", "`mpicc`", "apt-get install libopenmpi-dev openmpi-bin libclang-dev"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(of(Some("MPICC"), "mpicc").is_some_and(|text| text.contains("`set`")));
    for (variable, works) in
        [(None, "mpicc"), (None, "pkg-config"), (Some("MPICC"), "set"), (Some("MPI_PKG_CONFIG"), "")]
    {
        assert_eq!(of(variable, works), None, "{variable:?} {works}");
    }
}

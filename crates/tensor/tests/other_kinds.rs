//! Files that are none of data, whatever they are called: each reader says what they are.
#![cfg(all(feature = "safetensors", feature = "zip"))]

use std::fs;
use std::path::Path;

use gradus_tensor::Error;
use gradus_tensor::io::{self, npy, npz, pt, read_text, safetensors};

const KINDS: [(&str, &str); 4] = [
    ("", "the file is empty"),
    (
        "<!DOCTYPE html>\n<html><body>404: Not Found</body></html>\n",
        "it is an HTML page, which a server sends",
    ),
    ("\n<html>\n", "it is an HTML page, which a server sends"),
    (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n",
        "it is a git-LFS pointer, not the file itself; fetch the file with `git lfs pull`",
    ),
];

#[test]
fn each_reader_says_what_a_file_is_that_is_none_of_data() {
    let path = std::env::temp_dir().join(format!("gradus-other-kinds-{}", std::process::id()));
    type Reader = fn(&Path) -> Result<(), Error>;
    let readers: [(&str, Reader); 5] = [
        ("npy", |path| npy::load(path).map(drop)),
        ("npz", |path| npz::load(path).map(drop)),
        ("pt", |path| pt::load(path).map(drop)),
        ("safetensors", |path| safetensors::load(path).map(drop)),
        ("safetensors", |path| io::load(path).map(drop)),
    ];
    for (content, said) in KINDS {
        fs::write(&path, content).unwrap();
        for (format, read) in readers {
            let error = read(&path).unwrap_err();
            assert!(matches!(error, Error::Format { .. }), "{error:?}");
            let start = format!("{}: not a valid {format} file: {said}", path.display());
            assert!(error.to_string().starts_with(&start), "{error}");
        }
        for error in [
            npy::from_bytes(content.as_bytes()).unwrap_err(),
            io::from_bytes(content.as_bytes()).unwrap_err(),
        ] {
            assert!(error.to_string().contains(said), "{error}");
        }
    }
    // What is none of these keeps its own reason.
    fs::write(&path, "\u{1}PNG and so on").unwrap();
    assert!(
        npy::load(&path).unwrap_err().to_string().ends_with("it does not begin with NumPy's magic bytes")
    );
    // A text may be a page, and never a pointer.
    fs::write(&path, KINDS[1].0).unwrap();
    assert_eq!(read_text(&path).unwrap(), KINDS[1].0);
    fs::write(&path, KINDS[3].0).unwrap();
    assert_eq!(read_text(&path).unwrap_err().to_string(), KINDS[3].1);
    fs::remove_file(&path).unwrap();
}

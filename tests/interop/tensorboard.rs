//! Event files and JSON lines as TensorBoard's own reader and Python's `json` find them.

use std::path::Path;
use std::process::Command;

use gradus::prelude::*;
use gradus_train::RunLog;

/// A log of two steps, with a third that is cut when it is opened again.
fn write(folder: &Path) {
    let mut log = RunLog::create(folder).unwrap();
    log.scalars(0, &[("loss", 0.5), ("rate/lr", 0.25)]).unwrap();
    log.scalars(300, &[("loss", f64::NAN)]).unwrap();
    log.histogram(300, "weight", &Tensor::from([-1.0, 0.0, 1.0, 3.0])).unwrap();
    log.image(300, "grey", &Tensor::from([[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]])).unwrap();
    log.image(300, "colours", &Tensor::from([[[1.0, 0.0]], [[0.0, 0.2]], [[0.5, 1.0]]])).unwrap();
    log.image(300, "large", &Tensor::ones([3, 200, 150])).unwrap();
    log.scalars(301, &[("loss", 9.0)]).unwrap();
    log.flush().unwrap();
    drop(log);
    let mut log = RunLog::resume(folder, 301).unwrap();
    log.scalars(301, &[("loss", 0.125)]).unwrap();
    log.flush().unwrap();
}

#[test]
fn with_tensorboard() {
    let python = super::python();
    let has = Command::new(&python).args(["-c", "import tensorboard, PIL"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return super::skipped(&format!("{python} has no tensorboard with Pillow"));
    }
    let folder = std::env::temp_dir().join(format!("gradus-interop-events-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    write(&folder);
    let script = super::folder().join("event_files.py");
    let output = Command::new(&python).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = "\
        tags ['loss', 'rate/lr'] ['weight'] ['colours', 'grey', 'large']\n\
        scalar loss 0 0.5 True\n\
        scalar loss 300 nan True\n\
        scalar loss 301 0.125 True\n\
        scalar rate/lr 0 0.25 True\n\
        histogram weight 300 -1.0 3.0 4.0 3.0 11.0 30 4.0\n\
        image colours 300 1 2 PNG RGB 2 1 [255, 0, 128, 0, 51, 255]\n\
        image grey 300 2 3 PNG L 3 2 [0, 128, 255, 255, 128, 0]\n\
        image large 300 200 150 PNG RGB 150 200 [255, 255, 90000]\n\
        line [('loss', 0.5), ('rate/lr', 0.25), ('step', 0)]\n\
        line [('loss', 'NaN'), ('step', 300)]\n";
    assert!(text.starts_with(wanted), "{text}");
    assert!(text.ends_with("line [('loss', 0.125), ('step', 301)]\n"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();
}

//! Files of PyTorch and NumPy are read here, and files written here there.
//!
//! `data/` holds what `torch_files.py record` wrote with PyTorch 2.15 and NumPy. Where Python has both (and safetensors), the
//! script runs: it writes the files anew, they are read, and it reads what is written here. Where it has TensorBoard, its reader opens
//! a log. `GRADUS_PYTHON` names another Python.

mod tensorboard;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use gradus::nn::{StateDictError, state_dict};
use gradus::prelude::*;
use gradus::tensor::io::{npy, npz, pt, safetensors};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

fn python() -> String {
    std::env::var("GRADUS_PYTHON").unwrap_or_else(|_| "python3".to_string())
}

/// Says so past the capture of the test's output.
fn skipped(why: &str) {
    let note = format!("interop: SKIPPED the live part: {why}\n");
    std::io::stderr().write_all(note.as_bytes()).unwrap();
}

fn network(seed: u64) -> Sequential {
    let mut rng = rng(seed);
    sequential![Linear::new(3, 4, &mut rng), LayerNorm::new(4), Tanh, Linear::new(4, 2, &mut rng)]
}

/// The network's output as PyTorch computed it in F64.
fn agrees(model: &Sequential, data: &Path) {
    let model = model.clone().to(DType::F64);
    let x = Tensor::range_of(-6.0, 9.0, 1.0, DType::F64).reshape([5, 3]) / 4.0;
    let want = npy::load(data.join("output.npy")).unwrap();
    let error = model.predict(&x).max_abs_diff(&want);
    assert!(error < 1e-14, "{error:e}");
}

/// All that Python wrote to a folder.
fn reads(data: &Path) {
    let mut whole = Vec::new();
    for name in ["network.safetensors", "network.pt", "network.npz"] {
        let mut model = network(1);
        state_dict::load(&mut model, data.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        agrees(&model, data);
        let values = model.params().iter().map(|(_, param)| param.value().clone()).collect::<Vec<_>>();
        whole.push(values);
    }
    assert!(whole.iter().all(|values| values.iter().zip(&whole[0]).all(|(a, b)| a.equal(b))));
    // Strict, and in words.
    let mut other = sequential![Linear::new(3, 4, &mut rng(0)), Tanh, Linear::new(4, 2, &mut rng(0))];
    let error = state_dict::load(&mut other, data.join("network.pt")).unwrap_err();
    assert!(matches!(error, StateDictError::Mismatch(_)), "{error}");
    for part in ["missing 2.weight (perhaps 1.weight)", "not in the model 1.bias, 1.weight"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    arrays(data);
    checkpoint(data);
    let error = pt::load(data.join("module.pt")).unwrap_err().to_string();
    assert!(error.contains("torch.nn.modules.container.Sequential, which is no plain tensor"), "{error}");
}

fn arrays(data: &Path) {
    let packed = npz::load(data.join("packed.npz")).unwrap();
    assert!(packed[0].0 == "zeros" && packed[0].1.equal(&Tensor::zeros([40, 50])));
    assert!(packed[1].0 == "half" && packed[1].1.equal(&Tensor::from([1.5f32, -2.0])));
    let fortran = npy::load(data.join("fortran.npy")).unwrap();
    assert!(fortran.equal(&Tensor::from([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])));
}

/// Views of one storage, parameters, narrow types, dictionaries in each other.
fn checkpoint(data: &Path) {
    let all = pt::load(data.join("checkpoint.pt")).unwrap();
    let base = Tensor::from([[0f32, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]);
    let want = [
        ("model.whole", base.clone()),
        ("model.turned", base.t()),
        ("model.row", base.select(0, 1)),
        ("model.columns", base.narrow(1, 1, 2)),
        ("model.parameter", Tensor::from([0.5f32, -0.5])),
        ("model.half", Tensor::from([1.5f32, -2.0])),
        ("model.brain", Tensor::from([1.5f32, -2.0])),
        ("model.double", Tensor::from([0.1])),
        ("model.integers", Tensor::from([[1, -2], [3, 4]])),
        ("model.narrow", Tensor::from([1, 65535])),
        ("model.mask", Tensor::from([true, false])),
        ("model.repeated", Tensor::from([7f32, 7.0, 7.0])),
        ("model.none", Tensor::zeros([0, 3])),
        ("model.scalar", Tensor::from(3.5f32)),
        ("list.0", Tensor::ones(1)),
    ];
    assert_eq!(all.len(), want.len());
    for ((name, found), (expected, value)) in all.iter().zip(&want) {
        assert!(name == expected && found.equal(value), "{name}: {found:?}");
    }
    assert!(all[0].1.shares_memory(&all[1].1));
}

fn writes(data: &Path) {
    let mut model = network(2);
    state_dict::load(&mut model, data.join("network.pt")).unwrap();
    for name in ["written.safetensors", "written.npz"] {
        state_dict::save(&model, data.join(name)).unwrap();
    }
    let entries = |all: Vec<(String, Tensor)>| {
        let mut all = all;
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let tensors = safetensors::load(data.join("written.safetensors")).unwrap();
    let arrays = npz::load(data.join("written.npz")).unwrap();
    let (tensors, arrays) = (entries(tensors), entries(arrays));
    assert!(tensors.iter().zip(&arrays).all(|(a, b)| a.0 == b.0 && a.1.equal(&b.1)));
}

#[test]
fn recorded_files() {
    reads(&folder().join("data"));
}

/// What is damaged comes back as an error, wherever it is.
#[test]
fn recorded_files_with_bytes_changed_never_panic() {
    let path = std::env::temp_dir().join(format!("gradus-interop-{}.pt", std::process::id()));
    for name in ["checkpoint.pt", "network.npz"] {
        let whole = std::fs::read(folder().join("data").join(name)).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            let _ = gradus::tensor::io::load(&path);
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn with_python() {
    let python = python();
    let has = Command::new(&python).args(["-c", "import numpy, torch, safetensors"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return skipped(&format!(
            "{python} has no numpy, torch and safetensors; the recorded files were read"
        ));
    }
    let data = std::env::temp_dir().join(format!("gradus-interop-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let run = |what: &str| {
        let script = folder().join("torch_files.py");
        let output = Command::new(&python).arg(script).arg(what).arg(&data).output().unwrap();
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run("record");
    reads(&data);
    writes(&data);
    let said = run("check");
    assert!(said.starts_with("read by torch"), "{said}");
    std::io::stderr().write_all(format!("interop: written here, {said}").as_bytes()).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
}

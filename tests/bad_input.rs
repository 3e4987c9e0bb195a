//! Bad input and how it is answered: panics name the op, both shapes and what differs, at the caller's line; files come
//! back as errors that name them.

use std::cell::RefCell;
use std::panic;
use std::path::PathBuf;
use std::sync::Once;

use gradus::autograd::ops::MultiMarginOptions;
use gradus::data::{self, idx};
use gradus::nn::state_dict;
use gradus::prelude::*;
use gradus::tensor::io::safetensors;

thread_local! {
    static SEEN: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Message and file of the panic of `f`.
fn panic_of<R>(f: impl FnOnce() -> R) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let message =
                text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default().to_string();
            let place = info.location().map(|l| l.file().to_string()).unwrap_or_default();
            let expected = SEEN.with(|seen| {
                let wanted = seen.borrow().is_some();
                if wanted {
                    *seen.borrow_mut() = Some((message, place));
                }
                wanted
            });
            if !expected {
                usual(info);
            }
        }));
    });
    SEEN.with(|seen| *seen.borrow_mut() = Some(Default::default()));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
    let seen = SEEN.with(|seen| seen.borrow_mut().take()).unwrap_or_default();
    assert!(result.is_err(), "no panic");
    seen
}

/// The message is as given and points at this file.
#[track_caller]
fn says<R>(f: impl FnOnce() -> R, parts: &[&str]) {
    let (message, file) = panic_of(f);
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
    assert!(file.ends_with("bad_input.rs"), "{message:?} points at {file}");
}

fn zeros<const N: usize>(shape: [usize; N]) -> Tensor {
    Tensor::zeros(shape)
}

#[test]
fn shapes_of_tensors() {
    says(|| &zeros([2, 3]) + &zeros([4]), &["add", "[2, 3]", "[4]", "3 and 4"]);
    says(|| zeros([3, 4]).matmul(&zeros([3, 4])), &["matmul", "[3, 4]", "4 and 3"]);
    says(|| zeros([2, 3]).reshape([4]), &["reshape", "[2, 3]", "6", "[4]", "4"]);
    says(|| Tensor::cat(&[&zeros([2, 3]), &zeros([2, 4])], 0), &["cat", "[2, 3]", "[2, 4]"]);
    says(|| zeros([2, 3]).expand([2, 4]), &["expand", "[2, 3]", "[2, 4]"]);
    says(|| zeros([2, 3]).item(), &["item", "[2, 3]", "6"]);
}

#[test]
fn shapes_on_the_tape() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(Tensor::zeros(shape));
    says(|| var(&[2, 3]) + var(&[4]), &["add", "[2, 3]", "[4]", "3 and 4"]);
    says(|| var(&[2, 3]) * &zeros([2]), &["mul", "[2, 3]", "[2]", "3 and 2"]);
    says(|| var(&[3, 4]).matmul(var(&[3, 4])), &["matmul", "[3, 4]", "4 and 3"]);
    says(|| var(&[5, 4]).linear(var(&[2, 3]), None), &["linear", "[5, 4]", "[2, 3]", "4", "3"]);
    says(|| var(&[5, 3]).linear(var(&[2, 3]), Some(var(&[3]))), &["linear", "[2, 3]", "bias", "[3]"]);
    says(|| var(&[4, 1]).mse(zeros([4])), &["mse", "[4, 1]", "[4]"]);
    says(|| var(&[4]).gaussian_nll_loss(zeros([1]), 1.0), &["gaussian_nll_loss", "[4]", "[1]"]);
    says(|| var(&[2, 3]).standardize(3, 1e-5), &["standardize", "3 trailing axes", "[2, 3]", "2"]);
    says(|| var(&[2, 3]).rms_norm(3, 1e-5), &["rms_norm", "3 trailing axes", "[2, 3]", "2"]);
    let spread = Pool { dilation: vec![2], ..Pool::of(2) };
    says(|| var(&[1, 1, 5, 5]).avg_pool(&spread), &["avg_pool", "dilation [2]", "max_pool"]);
    says(|| var(&[1, 1, 5, 5]).lp_pool(2.0, &spread), &["lp_pool", "dilation [2]", "max_pool"]);
    says(|| var(&[2, 3]).backward(), &["backward", "scalar", "[2, 3]", ".sum()"]);
    says(|| tape.constant(1.0).backward(), &["backward", "tape.var"]);
}

#[test]
fn layers_point_at_the_callers_line() {
    let model = Linear::new(3, 2, &mut rng(0));
    says(|| model.predict(&zeros([1, 4])), &["linear", "[1, 4]", "[2, 3]", "4", "3"]);
}

#[test]
fn labels() {
    let tape = Tape::new();
    let logits = tape.var(zeros([3, 2]));
    says(|| logits.cross_entropy(&Tensor::from([0, 1])), &["cross_entropy", "[3, 2]", "[3]", "[2]"]);
    says(|| logits.cross_entropy(&Tensor::from([0, 1, 2])), &["cross_entropy", "label 2", "place 2", "0..2"]);
    says(|| logits.cross_entropy(&Tensor::from([0, -1, 1])), &["cross_entropy", "label -1", "place 1"]);
    // Labels that can be NaN are floats, and floats are no labels.
    says(
        || logits.cross_entropy(&Tensor::from([0.0, f64::NAN, 1.0])),
        &["cross_entropy", "label NaN", "place 1"],
    );
    says(|| logits.cross_entropy(&Tensor::from([0.0, 1.0, 1.0])), &["cross_entropy", "I64", "f64"]);
    says(|| accuracy(&zeros([3, 2]), &Tensor::from([0.0, f64::NAN, 1.0])), &["accuracy", "I64", "f64"]);
    let cubed = MultiMarginOptions { p: 3, ..MultiMarginOptions::default() };
    let all = Tensor::from([0, 1, 0]);
    says(|| logits.multi_margin_loss_with(&all, &cubed), &["multi_margin_loss", "p is 1 or 2", "3"]);
    // A NaN target of a regression is seen in the loss.
    assert!(tape.var(zeros([2])).mse(Tensor::from([0.0f32, f32::NAN])).item().is_nan());
}

#[test]
fn element_types() {
    let tape = Tape::new();
    says(|| tape.var(Tensor::from([1, 2])), &["var", "i64", ".to(DType::F32)"]);
    says(|| Param::new(Tensor::from([1, 2])), &["Param::new", "i64"]);
    says(|| Tensor::from([1.0, 2.0]).to_vec::<f32>(), &["to_vec", "f64"]);
    says(|| zeros([3]).index_select(0, &Tensor::from([0.0, 1.0])), &["index_select", "f64"]);
    let mut p = Param::new(1.0);
    says(|| p.set(Tensor::from(1f32)), &["set", "f32", "f64"]);
}

#[test]
fn axes_and_places() {
    let tape = Tape::new();
    let x = tape.var(zeros([2, 3]));
    says(|| zeros([2, 3]).sum_axes(2), &["sum", "axis 2", "[2, 3]"]);
    says(|| x.sum_axes(-3), &["sum", "axis -3", "[2, 3]"]);
    says(|| x.softmax(5), &["softmax", "axis 5", "[2, 3]"]);
    says(|| zeros([2, 3]).select(0, 2), &["select", "2", "[2, 3]"]);
    says(|| x.index_select(1, &Tensor::from([0, 3])), &["index_select", "3"]);
    says(|| x.index_fill(1, &Tensor::from([0, 3]), 1.0), &["index_fill", "place 3", "axis 1", "3"]);
    says(|| x.index_fill(1, &Tensor::from([-1]), 1.0), &["index_fill", "place -1", "axis 1", "3"]);
    says(|| x.put(&Tensor::from([0, 6]), zeros([2]), false), &["put", "place 6", "6 elements"]);
}

#[test]
fn empty_tensors_have_sums_and_no_extremes() {
    let empty = zeros([0, 3]);
    assert_eq!(empty.sum().item(), 0.0);
    assert!(empty.mean().item().is_nan());
    assert_eq!(*empty.matmul(&zeros([3, 2])).shape(), [0, 2]);
    assert_eq!(zeros([2, 0]).matmul(&zeros([0, 2])).to_f64_vec(), [0.0; 4]);
    says(|| empty.max(), &["max", "[0, 3]"]);
    let tape = Tape::new();
    let x = tape.var(empty.clone());
    assert_eq!(*(x * 2.0).sum().backward().wrt(x).shape(), [0, 3]);
    assert_eq!(*Linear::new(3, 2, &mut rng(0)).predict(&empty).shape(), [0, 2]);
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("gradus-bad-input-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("the temporary folder can be written");
    path
}

#[test]
fn safetensors_files() {
    let path = file("weights", b"");
    state_dict::save(&Linear::new(3, 2, &mut rng(0)), &path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut model = Linear::new(3, 2, &mut rng(1));
    state_dict::load(&mut model, &path).unwrap();
    let before = model.weight.value().to_f64_vec();
    for bytes in [&whole[..whole.len() - 4], &whole[..9], b"", b"\x89PNG\r\n\x1a\n and so on", &[255; 64]] {
        std::fs::write(&path, bytes).unwrap();
        let error = state_dict::load(&mut model, &path).unwrap_err().to_string();
        assert!(error.contains("not a valid safetensors file") && error.contains("weights"), "{error}");
    }
    safetensors::save(&path, [("weight", &zeros([2, 4])), ("scale", &zeros([1]))]).unwrap();
    let error = state_dict::load(&mut model, &path).unwrap_err().to_string();
    for part in ["missing bias", "scale", "weight is [2, 4] instead of [2, 3]"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(model.weight.value().to_f64_vec(), before);
    std::fs::remove_file(&path).unwrap();
    assert!(state_dict::load(&mut model, &path).is_err());
}

#[test]
fn idx_files() {
    let path = file("images", &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3]);
    let error = idx::read(&path, DType::F32).unwrap_err().to_string();
    assert!(
        error.contains("images: not a valid idx file: truncated: sizes [2, 2, 2] need 8 bytes"),
        "{error}"
    );
    for bytes in [&b"hello"[..], b"", &[0x1f, 0x8b, 8, 0], &[0, 0, 8, 200]] {
        std::fs::write(&path, bytes).unwrap();
        let error = idx::read(&path, DType::F32).unwrap_err();
        assert!(matches!(error, data::Error::Format { .. }), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
}

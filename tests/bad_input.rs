//! Bad input and how it is answered: panics name the op, both shapes and what differs, at the caller's line; files come
//! back as errors that name them.

mod panics;

use std::path::PathBuf;

use gradus::autograd::ops::MultiMarginOptions;
use gradus::data::{self, idx};
use gradus::nn::state_dict;
use gradus::optim::{AdaHessian, Lbfgs, LevenbergMarquardt, Lookahead, Nesterov, Rule, Sam, Sophia};
use gradus::prelude::*;
use gradus::tensor::io::safetensors;

/// Message and file of the panic of `f`.
#[track_caller]
fn panic_of<R>(f: impl FnOnce() -> R) -> (String, String) {
    panics::panic_in(f).err().expect("no panic")
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
fn recurrent_layers_point_at_the_callers_line() {
    use gradus::nn::{Gru, GruCell, Lstm, RecurrentOptions};
    let (mut rng, tape) = (rng(0), Tape::new());
    let var = |shape: &[usize]| tape.var(Tensor::zeros(shape));
    let (lstm, gru) = (Lstm::new(3, 4, &mut rng), Gru::new(3, 4, &mut rng));
    says(|| lstm.predict(&zeros([5, 2, 4])), &["lstm: the input must be [time, batch, 3]", "[5, 2, 4]"]);
    says(|| lstm.predict(&zeros([0, 2, 3])), &["lstm", "no steps"]);
    says(|| gru.run(var(&[5, 2, 3]), Some(var(&[1, 3, 4]))), &["gru: the state h must be [1, 2, 4]"]);
    let state = Some((var(&[1, 2, 4]), var(&[1, 2, 3])));
    says(|| lstm.run(var(&[5, 2, 3]), state), &["lstm: the cell c must be [1, 2, 4]"]);
    says(|| gru.run_lengths(var(&[5, 2, 3]), None, &[5]), &["gru: 1 lengths for a batch of 2"]);
    let cell = GruCell::new(3, 4, &mut rng);
    says(|| cell.step(var(&[2, 3]), Some(var(&[4]))), &["gru_cell: the state h must be [2, 4]", "[4]"]);
    let deep = RecurrentOptions { num_layers: 0, ..RecurrentOptions::default() };
    says(|| Gru::with_options(3, 4, &deep, &mut gradus::tensor::rng(0)), &["gru: num_layers is 0"]);
    for hidden in [1 << 62, 1 << 63] {
        says(|| Lstm::new(3, hidden, &mut rng), &["lstm: the sizes [4, ", "multiply to more elements"]);
        says(
            || GruCell::new(3, hidden, &mut rng),
            &["gru_cell: the sizes [3, ", "multiply to more elements"],
        );
    }
}

#[test]
fn attention_points_at_the_callers_line() {
    use gradus::nn::{AttendOptions, AttentionOptions, MultiheadAttention, RotaryPositions};
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(Tensor::zeros(shape));
    let attention = MultiheadAttention::new(6, 2, &mut rng(0));
    let attend = |key: &[usize], how: &AttendOptions<'_>| {
        let (query, key) = (var(&[3, 2, 6]), var(key));
        attention.attend(query, key, key, how);
    };
    let says_of = |f: &dyn Fn(), parts: &[&str]| says(f, parts);
    let usual = AttendOptions::default();
    says_of(
        &|| attend(&[4, 2, 5], &usual),
        &["multihead_attention: the key must be [time, batch, 6]", "[4, 2, 5]"],
    );
    says_of(&|| attend(&[4, 3, 6], &usual), &["query [3, 2, 6], key [4, 3, 6]", "the batches must agree"]);
    let padding = AttendOptions { key_padding_mask: Some(var(&[2, 3])), ..usual };
    says_of(
        &|| attend(&[4, 2, 6], &padding),
        &["key_padding_mask must be [batch, keys] = [2, 4], got [2, 3]"],
    );
    says(
        || MultiheadAttention::with_options(6, 4, &AttentionOptions::default(), &mut gradus::tensor::rng(0)),
        &["the width 6 does not divide into 4 heads"],
    );
    says(
        || RotaryPositions { base: 0.0, ..Default::default() }.predict(&zeros([2, 2])),
        &["base is 0", "above 0"],
    );
    let rotary = MultiheadAttention { rotary: Some(RotaryPositions::default()), ..attention.clone() };
    says(|| rotary.predict(&zeros([3, 2, 6])), &["rotary_positions", "even width", "[2, 2, 3, 3]"]);
}

#[test]
fn transformers_point_at_the_callers_line() {
    use gradus::nn::{
        DecoderMasks, EncoderMasks, TransformerDecoderLayer, TransformerEncoder, TransformerOptions,
    };
    let (mut rng, tape) = (rng(0), Tape::new());
    let var = |shape: &[usize]| tape.var(Tensor::zeros(shape));
    let options =
        TransformerOptions { dim_feedforward: 8, norm_first: true, ..TransformerOptions::default() };
    let encoder = TransformerEncoder::new(6, 2, 2, &options, &mut rng);
    says(
        || encoder.predict(&zeros([3, 2, 5])),
        &["transformer_encoder_layer: the input must be", "6", "[3, 2, 5]"],
    );
    let masks = EncoderMasks { mask: Some(var(&[2, 2])), ..EncoderMasks::default() };
    says(
        || encoder.encode(var(&[3, 2, 6]), &masks),
        &["attn_mask must be [queries, keys] = [3, 3]", "[2, 2]"],
    );
    let decoder = TransformerDecoderLayer::with_options(6, 2, &options, &mut rng);
    let decode = |memory: &[usize]| decoder.decode(var(&[3, 2, 6]), var(memory), &DecoderMasks::default());
    says(|| decode(&[4, 2, 7]), &["transformer_decoder_layer: the memory must be", "[4, 2, 7]"]);
}

#[test]
fn tables_point_at_the_callers_line() {
    use gradus::nn::EmbeddingBag;
    let mut rng = rng(0);
    let bag = EmbeddingBag::new(5, 3, &mut rng);
    says(|| bag.predict(&Tensor::from([[7i64]])), &["embedding_bag", "7", "5"]);
    says(|| bag.predict(&zeros([2, 2])), &["embedding_bag", "I64", "f32"]);
    says(|| Embedding::new(5, 3, &mut rng).with_padding(-6), &["embedding", "-6", "5 rows"]);
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

/// A layer that trains, behind a container and by itself.
fn trains() -> Sequential {
    let mut rng = rng(0);
    sequential![
        Linear::new(3, 4, &mut rng),
        BatchNorm::new(4),
        Dropout { p: 0.5 },
        Linear::new(4, 1, &mut rng)
    ]
}

#[test]
fn gradients_without_training_are_refused_and_the_layer_is_named() {
    let (mut model, x) = (trains(), Tensor::ones([5, 3]));
    let mut optimizer = Optimizer::new(Sgd::default(), 0.1);
    let line = line!() + 1;
    let (_, grads) = value_and_grad(|tape| model.forward(tape.constant(&x)).square().mean());
    let before = state_dict::state_dict(&model);
    let called = format!("BatchNorm at tests/bad_input.rs:{line}:");
    let parts = [
        "step: these gradients are not those of a training: ",
        &called,
        "optimizer.training_step(&mut model, |model, tape| …)",
        "value_and_grad_training(seed, |tape| …)",
        "value_and_grad_with(Mode::Record, …)",
    ];
    says(|| optimizer.step(&mut model, &grads), &parts);
    says(|| optimizer.step_with_curvature(&mut model, &grads, Some(&grads)), &parts[1..]);
    let after = state_dict::state_dict(&model);
    assert!(before.iter().zip(&after).all(|((_, a), (_, b))| a.equal(b)) && optimizer.steps() == 0);
    // A layer that is called directly.
    let (mut layer, dropout) = (Linear::new(3, 1, &mut rng(0)), Dropout { p: 0.5 });
    let line = line!() + 1;
    let (_, grads) = value_and_grad(|tape| dropout.forward(tape.param(&layer.weight)).mean());
    says(|| optimizer.step(&mut layer, &grads), &[&format!("Dropout at tests/bad_input.rs:{line}:")]);
    // Through the other doors.
    let mut optimizer = Optimizer::new(Sgd::default(), 0.1);
    optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).square().mean());
    let f = |tape: &Tape| model.forward(tape.constant(&x)).square().mean().backward();
    let grads = f(&Tape::with_mode(Mode::Record));
    optimizer.step(&mut model, &grads);
    assert_eq!(optimizer.steps(), 2);
}

#[test]
fn rules_that_need_more_than_one_gradient_say_so() {
    let (mut w, call) = (Param::new([1.0, 2.0]), "call optimizer.training_step(&mut model, |model, tape| …)");
    let (_, grads) = value_and_grad(|tape| tape.param(&w).square().sum());
    let own = "step_with_curvature(&mut model, &grads, Some(&curvature))";
    type Make = fn() -> Box<dyn Rule>;
    let rules: [(Make, &[&str]); 6] = [
        (|| Nesterov::default().into(), &["step: Nesterov takes the gradient ahead", call]),
        (|| Sam::new(Sgd::default()).into(), &["step: Sam takes a second gradient", call]),
        (|| Sophia::default().into(), &["step: Sophia divides by the Hessian's diagonal", call, own]),
        (|| AdaHessian::default().into(), &["step: AdaHessian divides by", call, own]),
        (|| Lookahead::new(Sophia::default()).into(), &["step: Lookahead divides by", call, own]),
        (|| Lbfgs::default().into(), &["step: Lbfgs evaluates the loss itself", call]),
    ];
    for (make, parts) in rules {
        says(|| Optimizer::new(make(), 0.1).step(&mut w, &grads), parts);
    }
    let mut sophia = Optimizer::new(Sophia::default(), 0.1);
    says(|| sophia.step_with_curvature(&mut w, &grads, None), &["the first step needs an estimate"]);
    let parts = ["step_with_curvature: Nesterov takes the gradient ahead", call];
    let mut nesterov = Optimizer::new(Nesterov::default(), 0.1);
    says(|| nesterov.step_with_curvature(&mut w, &grads, Some(&grads)), &parts);
    assert_eq!(w.value().to_f64_vec(), [1.0, 2.0]);
}

#[test]
fn methods_say_what_they_cannot_share() {
    let mut w = Param::new([1.0, 2.0]);
    let mut train = |optimizer: Optimizer, parts: &[&str]| {
        let mut optimizer = optimizer;
        says(|| optimizer.training_step(&mut w, |w, tape| tape.param(w).square().sum()), parts);
    };
    let method = || Optimizer::new(Lbfgs::default(), 1.0);
    train(
        method().clip_norm(1.0),
        &["training_step: Lbfgs evaluates the loss itself, so its gradients can be neither"],
    );
    train(method().accumulate(2), &["neither accumulated nor clipped"]);
    train(method().group_named("*", Sgd::default()), &["Lbfgs", "no other group may have a rule"]);
    train(Optimizer::new(Sam::new(Lbfgs::default()), 1.0), &["training_step: Sam stands around a method"]);
    let parts = [
        "training_step: LevenbergMarquardt needs the residuals",
        "minimize_objective(&mut LeastSquares(|x| …)",
    ];
    train(Optimizer::new(LevenbergMarquardt::default(), 1.0), &parts);
    let mut optimizer = method();
    says(
        || optimizer.training_step(&mut w, |w, tape| tape.param(w).square()),
        &["training_step: the result must be a scalar, got shape [2]; reduce it with .sum() or .mean()"],
    );
    assert_eq!(w.value().to_f64_vec(), [1.0, 2.0]);
}

#[test]
fn gradients_of_other_shapes_and_models_change_nothing() {
    let mut model = vec![Param::new([1.0, 2.0]), Param::new([3.0])];
    let mut optimizer = Optimizer::new(Sgd::default(), 0.1);
    let mut grads = Gradients::default();
    grads.set(model[0].id(), Tensor::from([1.0, 1.0]));
    grads.set(model[1].id(), Tensor::from([1.0, 1.0]));
    says(
        || optimizer.step(&mut model, &grads),
        &["step: the gradient of 1 has shape [2], the parameter [1]"],
    );
    assert_eq!((model[0].value().to_f64_vec(), optimizer.steps()), (vec![1.0, 2.0], 0));
    let mut clone = model.clone();
    says(
        || optimizer.step(&mut clone, &grads),
        &["step: none of the 2 gradients is of a parameter of this model"],
    );
    assert_eq!(optimizer.steps(), 0);
}

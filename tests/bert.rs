//! The encoder of the example `09_sentence_vectors` against Hugging Face's `BertModel` in PyTorch 2.15.
//!
//! A small model with random weights is recorded whole in `tests/bert`. Of all-MiniLM-L6-v2 the numbers of two sentences and the
//! first 32 of their vectors are; its weights, 91 MB, are read from the file that `GRADUS_MINILM` names (`model.safetensors` of
//! <https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2>).

#[path = "../examples/09_sentence_vectors.rs"]
#[allow(dead_code)]
mod sentence_vectors;

use gradus::prelude::*;
use sentence_vectors::Bert;

const RECORDED: &str = include_str!("bert/recorded.json");

/// Numbers of words and what they gave, in F64.
fn recorded(model: &str) -> (Tensor, Tensor) {
    let all: serde_json::Value = serde_json::from_str(RECORDED).unwrap();
    let rows = |what: &str| all[format!("{model}_{what}")].as_array().unwrap();
    let numbers = rows("numbers").iter().flat_map(|row| row.as_array().unwrap());
    let numbers: Vec<i64> = numbers.map(|n| n.as_i64().unwrap()).collect();
    let vectors = rows("vectors").iter().flat_map(|row| row.as_array().unwrap());
    let vectors: Vec<f64> = vectors.map(|x| x.as_f64().unwrap()).collect();
    let (n, m) = (numbers.len() / 2, vectors.len() / 2);
    (Tensor::from_vec(numbers, [2, n]), Tensor::from_vec(vectors, [2, m]))
}

fn check(model: &Bert, name: &str) {
    let (numbers, want) = recorded(name);
    let got = model.vectors(&numbers).narrow(1, 0, want.shape()[1]);
    assert_eq!(got.dtype(), DType::F32);
    let off = got.to(DType::F64).max_abs_diff(&want);
    println!("{name}: {off:e}");
    assert!(off < 1e-5, "{name}: off by {off:e}: {got} instead of {want}");
}

#[test]
fn a_small_recorded_model() {
    let mut model = Bert::new([11, 6, 8, 2, 16, 2], &mut rng(0));
    model.load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bert/tiny.safetensors")).unwrap();
    check(&model, "tiny");
}

#[test]
fn mini_lm() {
    let Ok(file) = std::env::var("GRADUS_MINILM") else {
        eprintln!("skipped, there are no weights: name the file of all-MiniLM-L6-v2 in GRADUS_MINILM");
        return;
    };
    let mut model = Bert::new([30_522, 512, 384, 12, 1536, 6], &mut rng(0));
    model.load(&file).unwrap();
    check(&model, "minilm");
}

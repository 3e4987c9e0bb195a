//! Sentences as vectors by a BERT encoder of MiniLM's shape, with the names of Hugging Face's `BertModel`: `--weights FILE` reads
//! a published `model.safetensors` (all-MiniLM-L12-v2; of all-MiniLM-L6-v2 with `--layers 6`), else the weights are random.

use gradus::prelude::*;
use gradus::tensor::{REST, io::safetensors};

/// Self-attention and a small network, each added to its input and normalised behind.
pub(crate) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    found: Linear,
    norm1: LayerNorm,
    inner: Linear,
    outer: Linear,
    norm2: LayerNorm,
}
params!(Layer { "attention.self.query": query, "attention.self.key": key, "attention.self.value": value,
    "attention.output.dense": found, "attention.output.LayerNorm": norm1, "intermediate.dense": inner,
    "output.dense": outer, "output.LayerNorm": norm2 });

pub(crate) struct Bert {
    words: Embedding,
    places: Embedding,
    kinds: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
}
params!(Bert { "embeddings.word_embeddings": words, "embeddings.position_embeddings": places,
    "embeddings.token_type_embeddings": kinds, "embeddings.LayerNorm": norm, "encoder.layer": layers });

impl Bert {
    pub(crate) fn new([words, places, width, heads, inner, layers]: [usize; 6], rng: &mut Rng) -> Self {
        let norm = || LayerNorm { eps: 1e-12, ..LayerNorm::new(width) };
        let [words, places, kinds] = [words, places, 2].map(|rows| Embedding::new(rows, width, rng));
        let layer = |_| {
            let [query, key, value, found] = [(); 4].map(|()| Linear::new(width, width, rng));
            let (inner, outer) = (Linear::new(width, inner, rng), Linear::new(inner, width, rng));
            Layer { query, key, value, found, norm1: norm(), inner, outer, norm2: norm() }
        };
        Self { words, places, kinds, norm: norm(), layers: (0..layers).map(layer).collect(), heads }
    }

    /// Numbers of words `[sentences, length]`, 0 behind the end, to the mean over the words, `[sentences, width]`.
    pub(crate) fn vectors(&self, numbers: &Tensor) -> Tensor {
        let (tape, seen, time) = (&Tape::inference(), numbers.ne(0.0), numbers.shape()[1]);
        let places = self.places.forward(tape.constant(Tensor::arange(time)));
        let x = self.words.forward(tape.constant(numbers)) + places;
        let mut x = self.norm.forward(x + self.kinds.forward(tape.constant(numbers.zeros_like())));
        let mask = Some(tape.constant(seen.reshape([REST, 1, 1, time])));
        let how = Attention { mask, ..Attention::default() };
        let split = [REST, time, self.heads, x.shape()[2] / self.heads];
        for l in &self.layers {
            let heads = |part: &Linear| part.forward(x).reshape(split).transpose(1, 2);
            let found = heads(&l.query).attention(heads(&l.key), heads(&l.value), &how);
            x = l.norm1.forward(x + l.found.forward(found.transpose(1, 2).reshape(x.shape())));
            x = l.norm2.forward(x + l.outer.forward(l.inner.forward(x).gelu()));
        }
        (x.value() * seen.unsqueeze(2)).sum_axes(1) / seen.to(DType::F32).sum_keep(1)
    }

    /// Replaces the weights; the pooling layer and the list of places, which the file has besides, are not needed.
    pub(crate) fn load(&mut self, file: &str) -> Result<(), Box<dyn std::error::Error>> {
        let needed = |(name, _): &(String, Tensor)| !name.starts_with("pooler.") && !name.ends_with("_ids");
        Ok(state_dict::load_state_dict(self, safetensors::load(file)?.into_iter().filter(needed))?)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let after = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let usual = if std::env::args().any(|arg| arg == "--quick") { 2 } else { 12 };
    let layers = after("--layers").map_or(Ok(usual), |n| n.parse())?;
    let mut model = Bert::new([30_522, 512, 384, 12, 1536, layers], &mut rng(0));
    after("--weights").map_or(Ok(()), |file| model.load(&file))?;
    // "The tape records what was computed." in the numbers of the vocabulary of `bert-base-uncased`.
    let vectors = model.vectors(&[[101, 1996, 6823, 2636, 2054, 2001, 24806, 1012, 102]].into());
    println!("{:.4}", vectors.narrow(1, 0, 8));
    Ok(())
}

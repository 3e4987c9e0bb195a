//! Shakespeare's text for a model of letters: its parts, random pieces of it, and text that a model goes on with.

use gradus::data::text::Vocabulary;
use gradus::prelude::*;

use super::published::data_file;
use super::torch_random::TorchRandom;

/// The text as numbers of letters: nine tenths to learn from and the rest; and the letters. None if the file is missing.
pub(crate) fn text() -> Option<([Tensor; 2], Vocabulary)> {
    let origin = "github.com/karpathy/char-rnn, data/tinyshakespeare/input.txt";
    let file = data_file("tinyshakespeare/input.txt", origin)?;
    let text = std::fs::read_to_string(file).expect("a text");
    let vocabulary = Vocabulary::characters(&text);
    let text = vocabulary.encode(&text).expect("its own letters");
    let learned = text.elements() * 9 / 10;
    Some(([text.narrow(0, 0, learned), text.narrow(0, learned, text.elements() - learned)], vocabulary))
}

/// nanoGPT's numbers for a model of 4 layers whose table of letters comes first: of deviation 0.02, less where a block adds to what the
/// others have found. PyTorch's layers draw numbers of their own before: normal ones for tables, uniform ones for the others.
pub(crate) fn published_start(gpt: &mut impl Params, generator: &mut TorchRandom) {
    let shapes: Vec<_> = gpt.params().into_iter().map(|(name, param)| (name, param.shape())).collect();
    for (name, shape) in shapes.iter().filter(|(_, shape)| shape.len() == 2) {
        if name.starts_with("blocks") {
            generator.rand(shape)
        } else {
            generator.randn(shape)
        };
    }
    generator.rand(shapes[0].1);
    let mut draw = |wanted: fn(&str) -> bool, std: f64| {
        for (name, param) in gpt.params_mut() {
            if param.rank() == 2 && wanted(&name) {
                param.set(generator.randn(param.shape()) * std);
            }
        }
    };
    draw(|_| true, 0.02);
    draw(|name| name.starts_with("letters"), 0.02); // at the other end once more
    draw(|name| name.ends_with("out_proj.weight") || name.ends_with("linear2.weight"), 0.02 / 8f64.sqrt());
}

/// `n` pieces of the text from random places, `[n, length]`, and the letter that follows each of their letters.
pub(crate) fn pieces(text: &Tensor, n: usize, length: usize, generator: &mut TorchRandom) -> Dataset {
    let places = generator.randint(text.elements() - length, n).unsqueeze(1) + Tensor::arange(length + 1);
    let read = text.index_select(0, &places.flatten()).reshape([n, length + 1]);
    Dataset::new(read.narrow(1, 0, length), read.narrow(1, 1, length))
}

/// Text that the model goes on with from a line break; it sees at most `context` letters.
pub(crate) fn sample(
    model: &impl Module,
    vocabulary: &Vocabulary,
    context: usize,
    letters: usize,
    rng: &mut Rng,
) -> String {
    let how = Sampling { temperature: 0.8, ..Sampling::default() };
    let mut text = vocabulary.encode("\n").expect("the text has lines");
    for _ in 0..letters {
        let seen = text.elements().min(context);
        let scores = model.predict(&text.narrow(0, text.elements() - seen, seen).unsqueeze(0));
        text = Tensor::cat(&[&text, &how.draw(&scores.select(1, -1), rng)], 0);
    }
    vocabulary.decode(&text).expect("letters of the vocabulary")
}

//! Texts as numbers: vocabularies of characters or words, n-grams, windows for language models.
//!
//! ```
//! use gradus_data::text::{Vocabulary, ngrams, windows};
//!
//! let text = "hello world";
//! let letters = Vocabulary::characters(text);
//! let numbers = letters.encode(text).unwrap();
//! assert_eq!(letters.decode(&numbers).unwrap(), text);
//!
//! let data = windows(&numbers, 4, 4);                        // `hell` is followed by `ello`, `o wo` by ` wor`
//! assert_eq!(data.inputs.shape()[..], [2, 4]);
//! assert_eq!(letters.decode(&data.labels.select(0, 0)).unwrap(), "ello");
//!
//! let data = ngrams(&numbers, 3);                            // what follows two letters
//! assert_eq!((data.inputs.shape()[..].to_vec(), data.labels.shape()[..].to_vec()), (vec![9, 2], vec![9]));
//! ```

use std::collections::{BTreeMap, HashMap};

use gradus_tensor::{Rng, Tensor};

use crate::dataset::Dataset;
use crate::error::Error;

/// Tokens with their numbers.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    tokens: Vec<String>,
    numbers: HashMap<String, i64>,
    /// Between tokens of a text.
    gap: &'static str,
    unknown: bool,
}

/// The token that stands for all that are not in a vocabulary of words.
pub const UNKNOWN: &str = "<unk>";

impl Vocabulary {
    /// The characters of a text, in the order of Unicode.
    pub fn characters(text: &str) -> Self {
        let all: std::collections::BTreeSet<char> = text.chars().collect();
        Self::new(all.into_iter().map(String::from).collect(), "", false)
    }

    /// The words of a text, parted by white space, that occur at least `least` times: [`UNKNOWN`] first, then the most frequent.
    pub fn words(text: &str, least: usize) -> Self {
        let mut counts = BTreeMap::new();
        text.split_whitespace().for_each(|word| *counts.entry(word).or_insert(0usize) += 1);
        let mut often: Vec<(&str, usize)> =
            counts.into_iter().filter(|(word, count)| *count >= least && *word != UNKNOWN).collect();
        often.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let words = often.into_iter().map(|(word, _)| word.to_string());
        Self::new([UNKNOWN.to_string()].into_iter().chain(words).collect(), " ", true)
    }

    fn new(tokens: Vec<String>, gap: &'static str, unknown: bool) -> Self {
        let numbers = tokens.iter().zip(0..).map(|(token, number)| (token.clone(), number)).collect();
        Self { tokens, numbers, gap, unknown }
    }

    /// The number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The tokens in the order of their numbers.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The number of a token.
    pub fn number(&self, token: &str) -> Option<i64> {
        self.numbers.get(token).copied()
    }

    /// A text as numbers, `[tokens]` in I64.
    ///
    /// # Errors
    /// [`Error::Token`] if a character is not in the vocabulary. Words that are not are [`UNKNOWN`].
    pub fn encode(&self, text: &str) -> Result<Tensor, Error> {
        let number = |token: &str| match self.number(token) {
            Some(number) => Ok(number),
            None if self.unknown => Ok(0),
            None => Err(Error::Token { token: token.to_string(), tokens: self.len() }),
        };
        let all: Result<Vec<i64>, Error> = if self.gap.is_empty() {
            let mut letter = [0; 4];
            text.chars().map(|c| number(c.encode_utf8(&mut letter))).collect()
        } else {
            text.split_whitespace().map(number).collect()
        };
        all.map(|all| Tensor::from_slice(&all, [all.len()]))
    }

    /// Numbers as a text, of a tensor of any shape in its order.
    ///
    /// # Errors
    /// [`Error::Token`] if a number has no token.
    pub fn decode(&self, numbers: &Tensor) -> Result<String, Error> {
        let token = |x: f64| {
            let found = (x >= 0.0 && x.fract() == 0.0).then(|| self.tokens.get(x as usize)).flatten();
            found.map(String::as_str).ok_or_else(|| Error::Token { token: x.to_string(), tokens: self.len() })
        };
        let tokens: Result<Vec<&str>, Error> = numbers.to_f64_vec().into_iter().map(token).collect();
        tokens.map(|tokens| tokens.join(self.gap))
    }
}

/// Windows of `length` tokens, one every `step`, each with the window that begins one token later: inputs and labels
/// `[windows, length]`.
///
/// # Panics
/// If the numbers are not `[tokens]`, or `length` or `step` is 0.
#[track_caller]
pub fn windows(numbers: &Tensor, length: usize, step: usize) -> Dataset {
    check("windows", numbers, length);
    assert!(step > 0, "windows: step is 0; it must be at least 1");
    let starts = (0..numbers.elements().saturating_sub(length)).step_by(step);
    gathered(numbers, length, &starts.map(|i| i as i64).collect::<Vec<_>>())
}

/// `count` windows at random places: a batch for a language model.
///
/// # Panics
/// If the numbers are not `[tokens]`, `length` is 0, or there are not more tokens than that.
///
/// # Source
/// `get_batch` of A. Karpathy's nanoGPT.
#[track_caller]
pub fn random_windows(numbers: &Tensor, length: usize, count: usize, rng: &mut Rng) -> Dataset {
    check("random_windows", numbers, length);
    let n = numbers.elements();
    assert!(n > length, "random_windows: {n} tokens hold no window of {length} and the token behind it");
    let starts = Tensor::randint(0, (n - length) as i64, count, rng);
    gathered(numbers, length, &starts.to_vec::<i64>())
}

#[track_caller]
fn check(what: &str, numbers: &Tensor, length: usize) {
    assert!(numbers.rank() == 1, "{what}: the numbers must be [tokens], got {}", numbers.shape());
    assert!(length > 0, "{what}: length is 0; it must be at least 1");
}

fn gathered(numbers: &Tensor, length: usize, starts: &[i64]) -> Dataset {
    let places = |shift: i64| {
        let all: Vec<i64> =
            starts.iter().flat_map(|s| (0..length as i64).map(move |i| s + i + shift)).collect();
        numbers
            .index_select(0, &Tensor::from_vec(all, [starts.len() * length]))
            .reshape([starts.len(), length])
    };
    Dataset::new(places(0), places(1))
}

/// What follows each `n - 1` tokens: inputs `[tokens - n + 1, n - 1]`, labels `[tokens - n + 1]`.
///
/// # Panics
/// If the numbers are not `[tokens]` or `n` is below 2.
#[track_caller]
pub fn ngrams(numbers: &Tensor, n: usize) -> Dataset {
    assert!(n >= 2, "ngrams: n is {n}; it must be at least 2");
    check("ngrams", numbers, n - 1);
    let data = windows(numbers, n - 1, 1);
    Dataset::new(data.inputs, data.labels.select(1, -1).contiguous())
}

/// How often each n-gram occurs, `[tokens; n]` in F32: of a bigram, `counts[a, b]`.
///
/// # Panics
/// If the numbers are not `[tokens]`, `n` is 0, or a number is not below `vocabulary`.
#[track_caller]
pub fn ngram_counts(numbers: &Tensor, n: usize, vocabulary: usize) -> Tensor {
    check("ngram_counts", numbers, n);
    let all = numbers.to_vec::<i64>();
    let fits = |&number: &i64| usize::try_from(number).is_ok_and(|number| number < vocabulary);
    let wrong = all.iter().find(|number| !fits(number));
    assert!(wrong.is_none(), "ngram_counts: the number {} is not below {vocabulary}", wrong.unwrap_or(&0));
    let mut counts = Tensor::zeros(&vec![vocabulary; n][..]);
    let cells = counts.slice_mut::<f32>();
    for gram in all.windows(n) {
        cells[gram.iter().fold(0, |place, &number| place * vocabulary + number as usize)] += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_there_and_back() {
        let letters = Vocabulary::characters("zaß a");
        assert_eq!(letters.tokens(), [" ", "a", "z", "ß"]);
        assert_eq!(letters.encode("az").unwrap().to_vec::<i64>(), [1, 2]);
        assert_eq!(letters.decode(&Tensor::from([[3, 1], [0, 2]])).unwrap(), "ßa z");
        let error = letters.encode("b").unwrap_err().to_string();
        assert_eq!(error, "\"b\" is none of the 4 tokens of the vocabulary");
        assert!(letters.decode(&Tensor::from([4])).is_err() && letters.decode(&Tensor::from([-1])).is_err());
        assert!(Vocabulary::characters("").is_empty());
    }

    #[test]
    fn words_by_frequency() {
        let words = Vocabulary::words("the cat and the dog and the <unk> bird cat", 2);
        assert_eq!(words.tokens(), ["<unk>", "the", "and", "cat"]);
        let numbers = words.encode("the dog\n and cat").unwrap();
        assert_eq!(numbers.to_vec::<i64>(), [1, 0, 2, 3]);
        assert_eq!(words.decode(&numbers).unwrap(), "the <unk> and cat");
        assert_eq!((words.len(), words.number("dog")), (4, None));
    }

    #[test]
    fn windows_and_what_follows() {
        let numbers = Tensor::arange(7);
        let data = windows(&numbers, 3, 2);
        assert_eq!(data.inputs.to_vec2::<i64>(), [[0, 1, 2], [2, 3, 4]]);
        assert_eq!(data.labels.to_vec2::<i64>(), [[1, 2, 3], [3, 4, 5]]);
        assert!(windows(&numbers, 7, 1).is_empty());
        let drawn = random_windows(&numbers, 3, 50, &mut gradus_tensor::rng(0));
        let firsts = drawn.inputs.select(1, 0).to_vec::<i64>();
        assert!((0..4).all(|first| firsts.contains(&first)) && firsts.iter().all(|first| *first < 4));
        assert!(drawn.labels.equal(&(drawn.inputs + Tensor::from(1))));
        let data = ngrams(&numbers, 3);
        assert_eq!(data.inputs.to_vec2::<i64>()[4], [4, 5]);
        assert_eq!(data.labels.to_vec::<i64>(), [2, 3, 4, 5, 6]);
    }

    #[test]
    fn counts_by_hand() {
        let counts = ngram_counts(&Tensor::from([0, 1, 1, 1, 0]), 2, 2);
        assert_eq!(counts.to_vec2::<f32>(), [[0.0, 1.0], [1.0, 2.0]]);
        assert_eq!(ngram_counts(&Tensor::from([1, 1]), 1, 3).to_vec::<f32>(), [0.0, 2.0, 0.0]);
        assert_eq!(ngram_counts(&Tensor::from([1, 1]), 3, 2).sum().item(), 0.0);
    }

    #[test]
    #[should_panic(expected = "random_windows: 3 tokens hold no window of 3 and the token behind it")]
    fn too_short_a_text() {
        random_windows(&Tensor::arange(3), 3, 1, &mut gradus_tensor::rng(0));
    }
}

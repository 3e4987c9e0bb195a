//! A random stream as numbers: key, stream, and the word it stands at.

use gradus_tensor::{DType, Rng, Tensor};
use rand::SeedableRng;

/// Words of a stream: four of the key, one of the stream, two of the place.
const WORDS: usize = 7;

pub(crate) fn words(rng: &Rng) -> Tensor {
    let (key, at) = (rng.get_seed(), rng.get_word_pos());
    let (numbers, _) = key.as_chunks::<8>();
    let mut words: Vec<i64> = numbers.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
    words.extend([
        rng.get_stream().cast_signed(),
        (at as u64).cast_signed(),
        ((at >> 64) as u64).cast_signed(),
    ]);
    Tensor::from_slice(&words, [WORDS])
}

pub(crate) fn of_words(words: &Tensor) -> Option<Rng> {
    if words.elements() != WORDS || words.dtype() != DType::I64 {
        return None;
    }
    let words: Vec<u64> = words.to_vec::<i64>().into_iter().map(i64::cast_unsigned).collect();
    let mut key = [0; 32];
    key.chunks_exact_mut(8).zip(&words).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
    let mut found = Rng::from_seed(key);
    found.set_stream(words[4]);
    found.set_word_pos(u128::from(words[5]) | u128::from(words[6]) << 64);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_tensor::rng;

    #[test]
    fn a_stream_goes_on_where_it_stood() {
        let mut stream = rng(7);
        for drawn in [0, 1, 2, 3, 17, 64] {
            let _ = Tensor::randn(drawn, &mut stream);
            let mut again = of_words(&words(&stream)).unwrap();
            let mut stream = stream.clone();
            assert_eq!(Tensor::uniform(5, 0.0, 1.0, &mut again), Tensor::uniform(5, 0.0, 1.0, &mut stream));
            assert_eq!(Tensor::randn(5, &mut again), Tensor::randn(5, &mut stream));
        }
        assert!(of_words(&Tensor::from([1, 2])).is_none());
    }
}

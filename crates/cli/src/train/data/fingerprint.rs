//! What tells the data of a training from others: their sizes and a checksum of them as they are read, before they are scaled, so that it
//! is the same on every machine.

use crc::{CRC_64_XZ, Crc, Digest, Table};
use gradus::prelude::*;
use gradus::tensor::io::npy;

use crate::text::numbers::count;

const CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);
/// Rows whose bytes are made at once.
const CHUNK: usize = 4096;

/// Sizes and checksum of the data of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// Examples, or letters of a text: to learn from and to be tested with.
    sizes: [usize; 2],
    /// Inputs of an example.
    width: usize,
    checksum: u64,
}

impl Fingerprint {
    /// Of what is learned from, what is tested with, and the texts behind the numbers: letters, names of columns and classes.
    pub(super) fn of(train: &[&Tensor], test: &[&Tensor], texts: &[&str]) -> Self {
        let mut digest = CHECKSUM.digest();
        train.iter().chain(test).for_each(|tensor| add(&mut digest, tensor));
        for text in texts {
            digest.update(&(text.len() as u64).to_le_bytes());
            digest.update(text.as_bytes());
        }
        let rows = |part: &[&Tensor]| part.first().map_or(0, |tensor| tensor.shape()[0]);
        let width = train.first().map_or(0, |tensor| tensor.shape()[1..].iter().product());
        Self { sizes: [rows(train), rows(test)], width, checksum: digest.finalize() }
    }

    pub(super) fn of_sets(train: &Dataset, test: &Dataset, texts: &[&str]) -> Self {
        let parts = |data: &Dataset| [data.inputs.clone(), data.labels.clone()];
        let ([a, b], [c, d]) = (parts(train), parts(test));
        Self::of(&[&a, &b], &[&c, &d], texts)
    }

    /// As a value of a checkpoint.
    pub(crate) fn tensor(self) -> Tensor {
        let size = |n: usize| (n as u64).cast_signed();
        let [train, test] = self.sizes.map(size);
        Tensor::from([train, test, size(self.width), self.checksum.cast_signed()])
    }

    /// What is other than in a checkpoint with this value, if anything is.
    pub(crate) fn difference(self, known: &Tensor) -> Option<String> {
        let known = known.to_vec::<i64>();
        if known == self.tensor().to_vec::<i64>() {
            return None;
        }
        let &[train, test, width, checksum] = &known[..] else {
            return Some("they are kept there in another form".to_string());
        };
        let sizes = [train, test].map(|n| n.cast_unsigned() as usize);
        let said = |[train, test]: [usize; 2]| format!("{train} to learn from and {test} to be tested with");
        Some(if sizes != self.sizes {
            format!("there are {}, and were {}", said(self.sizes), said(sizes))
        } else if width.cast_unsigned() as usize != self.width {
            format!("an example has {}, and had {width}", count(self.width, "input"))
        } else {
            format!(
                "numbers, names or their order are others (checksum {:016x}, which was {checksum:016x})",
                self.checksum
            )
        })
    }
}

fn add(digest: &mut Digest<'_, u64, Table<16>>, tensor: &Tensor) {
    let rows = tensor.shape()[0];
    for start in (0..rows).step_by(CHUNK) {
        digest.update(&npy::to_bytes(&tensor.narrow(0, start, CHUNK.min(rows - start))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_be_another_is_told() {
        let (x, y) = (Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]), Tensor::from([0, 1, 1]));
        let of = |x: &Tensor, y: &Tensor, tested: usize, texts: &[&str]| {
            let test = [x.narrow(0, 0, tested), y.narrow(0, 0, tested)];
            Fingerprint::of(&[x, y], &[&test[0], &test[1]], texts)
        };
        let known = of(&x, &y, 2, &["a", "b"]).tensor();
        assert_eq!(of(&x.contiguous(), &y, 2, &["a", "b"]).difference(&known), None);
        let swapped = Tensor::cat(&[&x.narrow(0, 1, 1), &x.narrow(0, 0, 1), &x.narrow(0, 2, 1)], 0);
        let content = "numbers, names or their order are others (checksum ";
        for (other, said) in [
            (
                of(&x.narrow(0, 0, 2), &y.narrow(0, 0, 2), 2, &["a", "b"]),
                "there are 2 to learn from and 2 to",
            ),
            (of(&x, &y, 1, &["a", "b"]), "there are 3 to learn from and 1 to be tested with, and were 3 to"),
            (of(&x.narrow(1, 0, 1), &y, 2, &["a", "b"]), "an example has 1 input, and had 2"),
            (of(&(&x + 1e-6), &y, 2, &["a", "b"]), content),
            (of(&swapped, &y, 2, &["a", "b"]), content),
            (of(&x, &Tensor::from([0, 1, 0]), 2, &["a", "b"]), content),
            (of(&x, &y.to(DType::F32), 2, &["a", "b"]), content),
            (of(&x, &y, 2, &["b", "a"]), content),
            (of(&x, &y, 2, &["ab", ""]), content),
        ] {
            let found = other.difference(&known).unwrap_or_default();
            assert!(found.starts_with(said), "{found:?} is not {said:?}");
        }
    }
}

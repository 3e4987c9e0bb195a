//! Small data sets that are part of the library. Where they come from, and their licence: `assets/README.md`.

use gradus_tensor::Tensor;

use crate::dataset::Dataset;

/// 1,797 handwritten digits: inputs `[1797, 64]` (8×8 pixels, F32 in `0 ..= 1`), labels `[1797]`.
///
/// With the feature `gzip`.
///
/// # Source
/// UCI optdigits, E. Alpaydin and C. Kaynak, 1998.
#[cfg(feature = "gzip")]
pub fn digits() -> Dataset {
    let data = labelled(&unpack(include_bytes!("../assets/digits.csv.gz")), 0);
    data.map_inputs(|pixels| pixels * (1.0 / 16.0))
}

/// 150 irises: inputs `[150, 4]` (lengths and widths in cm), labels `[150]` (3 species).
///
/// # Source
/// R. A. Fisher, 1936.
pub fn iris() -> Dataset {
    labelled(include_str!("../assets/iris.csv"), 1)
}

/// 178 wines: inputs `[178, 13]` (chemical measures), labels `[178]` (3 growers).
///
/// # Source
/// UCI wine, M. Forina et al., 1991.
pub fn wine() -> Dataset {
    labelled(include_str!("../assets/wine_data.csv"), 1)
}

/// 569 images of cells: inputs `[569, 30]` (measures), labels `[569]` (0 malignant, 1 benign).
///
/// With the feature `gzip`.
///
/// # Source
/// UCI WDBC, W. H. Wolberg, W. N. Street and O. L. Mangasarian, 1995.
#[cfg(feature = "gzip")]
pub fn breast_cancer() -> Dataset {
    labelled(&unpack(include_bytes!("../assets/breast_cancer.csv.gz")), 1)
}

/// 442 patients: inputs `[442, 10]` (measures, raw), targets `[442]` F32 (progression of diabetes after a year).
///
/// With the feature `gzip`.
///
/// # Source
/// B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", 2004.
#[cfg(feature = "gzip")]
pub fn diabetes() -> Dataset {
    let inputs = table(&unpack(include_bytes!("../assets/diabetes_data_raw.csv.gz")), 0);
    let targets = table(&unpack(include_bytes!("../assets/diabetes_target.csv.gz")), 0);
    Dataset::new(inputs, targets.squeeze_axis(1))
}

#[cfg(feature = "gzip")]
fn unpack(bytes: &[u8]) -> String {
    use std::io::Read;

    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).expect("an embedded file is whole");
    text
}

/// The numbers of a table, split by commas or blanks, after `skip` lines.
fn table(text: &str, skip: usize) -> Tensor {
    let lines = || text.lines().skip(skip).filter(|line| !line.is_empty());
    let numbers: Vec<f32> = lines()
        .flat_map(|line| line.split([',', ' ']))
        .map(|cell| cell.parse().expect("an embedded table holds numbers"))
        .collect();
    let rows = lines().count();
    let columns = numbers.len() / rows;
    Tensor::from_vec(numbers, [rows, columns])
}

/// A table whose last column is the class.
fn labelled(text: &str, skip: usize) -> Dataset {
    let all = table(text, skip);
    let columns = all.shape()[1] - 1;
    let inputs = all.narrow(1, 0, columns).contiguous();
    let labels = all.select(1, -1).to(gradus_tensor::DType::I64);
    Dataset::new(inputs, labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    fn counts(data: &Dataset) -> Vec<usize> {
        let labels = data.labels.to_vec::<i64>();
        let classes = labels.iter().max().unwrap() + 1;
        (0..classes).map(|class| labels.iter().filter(|&&label| label == class).count()).collect()
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn digits_are_those_of_the_source() {
        let data = digits();
        assert_eq!(*data.inputs.shape(), [1797, 64]);
        assert_eq!(counts(&data), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let first = (&data.inputs.select(0, 0) * 16.0).to_f64_vec();
        assert_eq!(first[..8], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0]);
        assert_eq!((data.inputs.min().item(), data.inputs.max().item()), (0.0, 1.0));
    }

    #[test]
    fn the_small_tables() {
        let shapes = [
            (iris(), 4, vec![50, 50, 50]),
            (wine(), 13, vec![59, 71, 48]),
            #[cfg(feature = "gzip")]
            (breast_cancer(), 30, vec![212, 357]),
        ];
        for (data, columns, classes) in shapes {
            assert_eq!(data.inputs.shape()[1], columns);
            assert_eq!(counts(&data), classes);
        }
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn targets_are_those_of_the_source() {
        let data = diabetes();
        assert_eq!((*data.inputs.shape() == [442, 10], *data.labels.shape() == [442]), (true, true));
        assert_abs_diff_eq!(data.labels.mean().item(), 152.13, epsilon = 0.01);
    }
}

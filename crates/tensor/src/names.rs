//! What an error says where a name is not known: the names that were perhaps meant.

/// Names that an error shows at most.
const SHOWN: usize = 5;

/// The names in the order of their distance from one that is not among them, at most five.
///
/// The distance counts letters to insert, delete, replace or exchange with a neighbour (the restricted form of Damerau,
/// 1964); a name that holds the other one whole, or is held by it, is as near as one letter.
///
/// ```
/// let near = gradus_tensor::names::nearest("tahn", ["abs", "sinh", "tan", "tanh"]);
/// assert_eq!(near[..2], ["tanh", "tan"]);
/// ```
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let score = |other: &'a str| {
        let longer = name.len().abs_diff(other.len());
        let holds = name.len().min(other.len()) > 2 && (name.contains(other) || other.contains(name));
        (if holds { 1 } else { distance(name, other) }, longer, other)
    };
    let mut scored: Vec<_> = names.into_iter().map(score).collect();
    scored.sort_unstable();
    scored.dedup();
    scored.truncate(SHOWN);
    scored.into_iter().map(|(.., other)| other).collect()
}

/// The end of a sentence about a name that is not known: all names there are, or the nearest five.
///
/// ```
/// use gradus_tensor::names::instead;
/// assert_eq!(instead("bais", ["weight", "bias"]), "there are weight, bias");
/// assert_eq!(
///     instead("ain", ["sin", "cos", "tan", "exp", "abs", "ln"]),
///     "the nearest of 6 are sin, abs, tan, ln, cos"
/// );
/// ```
pub fn instead<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.len() {
        0 => "there are none".to_string(),
        1..=SHOWN => format!("there are {}", names.join(", ")),
        all => format!("the nearest of {all} are {}", nearest(name, names).join(", ")),
    }
}

/// Whether one name may have been meant by the other: it holds the other whole, or they differ in at most a third of their
/// letters.
///
/// ```
/// use gradus_tensor::names::alike;
/// assert!(alike("fc.weight", "module.fc.weight") && alike("fc1.wieght", "fc1.weight"));
/// assert!(!alike("fc.bias", "head.weight"));
/// ```
pub fn alike(a: &str, b: &str) -> bool {
    let (shorter, longer) =
        (a.chars().count().min(b.chars().count()), a.chars().count().max(b.chars().count()));
    let holds = shorter > 2 && (a.contains(b) || b.contains(a));
    holds || (longer - shorter <= longer / 3 && distance(a, b) <= longer / 3)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            d[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let one = replaced.min(d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                let crossed = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if crossed { one.min(d[i - 2][j - 2] + 1) } else { one }
            };
        }
    }
    d[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ() {
        let pairs = [("kitten", "sitting"), ("", "abc"), ("tanh", "tanh"), ("tahn", "tanh")];
        assert_eq!(pairs.map(|(a, b)| distance(a, b)), [3, 3, 0, 1]);
    }

    #[test]
    fn a_part_of_a_name_finds_it() {
        let names = ["schedule-free-sgd", "sgd", "adam", "sophia", "yogi", "lion", "lamb"];
        assert_eq!(nearest("schedule-free", names)[0], "schedule-free-sgd");
        assert_eq!((nearest("adamm", names)[0], nearest("adam", [])), ("adam", vec![]));
        assert_eq!(nearest("", names).len(), SHOWN);
    }

    #[test]
    fn one_name_is_shown_once() {
        assert_eq!(nearest("max", ["max", "max", "min"]), ["max", "min"]);
        assert_eq!(instead("x", []), "there are none");
    }
}

//! The name that was perhaps meant.

/// The name that differs in the fewest letters, if it is near; of equals one of the same length.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|other| (distance(name, other), name.len().abs_diff(other.len()), other));
    let (distance, _, near) = scored.min()?;
    (distance <= 1 + name.chars().count() / 4).then_some(near)
}

/// Letters to insert, delete, replace or exchange with a neighbour (Damerau, 1964; each letter at most once).
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
        assert_eq!(nearest("tahn", ["tan", "tanh"].into_iter()), Some("tanh"));
    }
}

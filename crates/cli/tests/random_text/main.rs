//! Whatever text is given for an expression, it is read or refused with words; what was read can be evaluated.
//!
//! `GRADUS_INPUTS` is how many texts are tried. A failure prints its seed.

mod entries;
#[path = "../../../../tests/parsers/mutate.rs"]
mod mutate;
#[path = "../../../autograd/tests/random_programs/numbers.rs"]
#[expect(dead_code, reason = "the random programs draw more")]
mod numbers;

use numbers::Numbers;

#[test]
fn no_text_makes_the_reader_of_expressions_panic() {
    let count = std::env::var("GRADUS_INPUTS").map_or(3000, |n| n.parse().expect("a whole number"));
    let seeds: Vec<Vec<u8>> = entries::SEEDS.map(|text| text.as_bytes().to_vec()).to_vec();
    for seed in &seeds {
        let read = entries::expression(seed);
        assert!(read.is_ok(), "{}: {read:?}", String::from_utf8_lossy(seed));
    }
    let (mut read, mut wrong) = (0, Vec::new());
    for seed in 0..count {
        let bytes = mutate::bytes(&mut Numbers::new(seed), &seeds);
        match std::panic::catch_unwind(|| entries::expression(&bytes)) {
            Ok(Ok(_)) => read += 1,
            Ok(Err(words)) if !words.is_empty() => {}
            Ok(Err(_)) => wrong.push(format!("{seed}: an error without words")),
            Err(_) => wrong.push(format!("{seed}: it panics on {:?}", String::from_utf8_lossy(&bytes))),
        }
    }
    println!("expressions: {count} texts, {read} read, {} wrong", wrong.len());
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(read > count / 100, "only {read} of {count} texts are expressions");
}

use super::*;

fn refused(request: Request) -> String {
    begin(request).err().expect("it is refused").message
}

/// Losses and names are the recorded ones, where the names are.
#[test]
fn the_run_is_the_recorded_one() {
    if names::recorded_file().is_none() {
        println!("SKIPPED: no names.txt in GRADUS_DATA");
        return;
    }
    let mut it = begin(Request { names: "recorded".into(), ..Request::default() }).unwrap();
    assert_eq!((it.begin().names, it.begin().weights, it.begin().recorded.len()), (32033, 4192, 1000));
    while !it.over() {
        // What is looked at in between changes nothing.
        it.step(it.losses.len().is_multiple_of(100));
    }
    let frame = it.frame();
    assert!(frame.apart.unwrap().0 < 1e-9, "{:?}", frame.apart);
    assert_eq!(frame.loss.unwrap().0.to_bits(), it.losses[999].to_bits());
    assert_eq!(frame.samples.len(), 20);
    assert_eq!(frame.samples[..5], ["kamon", "ann", "karai", "jaire", "vialan"]);
    assert_eq!(frame.samples[19], "anton");
}

#[test]
fn the_embedded_names_are_learned() {
    let mut it = begin(Request { steps: 300, ..Request::default() }).unwrap();
    let first = it.frame();
    assert!(first.loss.is_none() && first.samples.is_empty() && first.apart.is_none());
    for _ in 0..300 {
        it.step(false);
    }
    let frame = it.frame();
    let begin = it.losses[..50].iter().sum::<f64>() / 50.0;
    assert!(frame.mean.unwrap().0 < begin - 0.3, "{begin} to {:?}", frame.mean);
    assert!(frame.over.is_some() && frame.samples.iter().all(|name| name.len() <= PLACES));
}

/// Each row of attention is a share of what came before, and the chances are those of the scores.
#[test]
fn attention_and_chances() {
    let mut it = begin(Request { word: "anna".into(), ..Request::default() }).unwrap();
    for _ in 0..20 {
        it.step(false);
    }
    let frame = it.frame();
    assert_eq!(frame.letters, ['.', 'a', 'n', 'n', 'a', '.']);
    assert_eq!((frame.attention.len(), frame.attention[0].len()), (HEADS, 5));
    for head in &frame.attention {
        for (i, row) in head.iter().enumerate() {
            let sum: f64 = row.iter().map(|x| x.0).sum();
            approx::assert_abs_diff_eq!(sum, 1.0, epsilon = 1e-12);
            assert!(row[i + 1..].iter().all(|x| x.0 == 0.0), "{row:?}");
        }
    }
    let (letters, n) = letters("anna");
    let next: Vec<i64> = letters[1..].iter().map(|&letter| letter as i64).collect();
    let tape = Tape::inference();
    let loss = it.model.scores(&tape, &letters[..n]).cross_entropy(&Tensor::from_vec(next, [n])).item();
    let mean = frame.chances.iter().map(|chance| -chance.0.ln()).sum::<f64>() / n as f64;
    approx::assert_abs_diff_eq!(loss, mean, epsilon = 1e-12);
    // What is drawn is what the model uses: the library's attention finds the same.
    let [q, k, v] = it.model.looked_up(it.model.embedded(&tape, &letters[..n]));
    let causal = gradus::autograd::ops::Attention { causal: true, ..Default::default() };
    let found = q.attention(k, v, &causal).value();
    let apart = &found - it.model.attention(&letters[..n]).matmul(&v.value());
    assert!(apart.abs().max().item() < 1e-14);
    let report = it.check().unwrap();
    assert!(report.contains("gradcheck passed"), "{report}");
}

#[test]
fn what_is_out_of_bounds_is_told_by_its_name() {
    let usual = Request::default;
    for (request, part) in [
        (Request { names: "all".into(), ..usual() }, "names: all"),
        (Request { rate: f64::NAN, ..usual() }, "rate: NaN"),
        (Request { steps: 0, ..usual() }, "steps: 0"),
        (Request { steps: 1_000_000, ..usual() }, "steps: 1000000"),
        (Request { temperature: 0.0, ..usual() }, "temperature: 0"),
        (Request { word: "Emma".into(), ..usual() }, "word: \"Emma\""),
        (Request { word: "a".repeat(16), ..usual() }, "word: "),
        (Request { word: String::new(), ..usual() }, "word: "),
    ] {
        let message = refused(request);
        assert!(message.contains(part), "{message}");
    }
}

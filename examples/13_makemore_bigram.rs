//! Names letter by letter, each by the one before: counted, and learned.
//!
//! A table of 27 × 27 counts, each row divided by its sum, has the least loss that such a model can have. Gradient descent on 27 × 27
//! logits comes to the same table: there is nothing else to find. (`N_ab log p_ab` is added up over pairs of letters, not
//! over the 228,146 places at which they stand; it is the same sum.)

#[path = "common/makemore.rs"]
mod makemore;
#[path = "common/published.rs"]
mod published;
#[path = "common/python_random.rs"]
mod python_random;
#[path = "common/torch_random.rs"]
mod torch_random;

use approx::abs_diff_eq;
use gradus::data::text::ngram_counts;
use gradus::prelude::*;
use makemore::LETTERS;
use published::Published;

fn main() {
    let run = Published::new("makemore, part 1: bigrams", makemore::SOURCE, 1);
    let Some(names) = makemore::names() else { return };

    // All names in a row, a dot between them; so each pair of neighbours is a bigram.
    let text: Vec<i64> =
        names.all.iter().flat_map(|name| [0].into_iter().chain(name.iter().copied())).chain([0]).collect();
    let counts = ngram_counts(&Tensor::from_slice(&text, [text.len()]), 2, LETTERS);
    let pairs = counts.sum().item();
    println!("{pairs} bigrams, the most frequent of them {} times\n", counts.max().item());

    // Counted: the negative logarithm of the probability of what came, on average.
    let loss =
        |probabilities: &Tensor| -(&counts * probabilities.clamp_min(1e-30).log()).sum().item() / pairs;
    let counted = loss(&(&counts / counts.sum_keep(1)));
    let smoothed = &counts + 1.0;
    let smoothed = loss(&(&smoothed / smoothed.sum_keep(1)));

    // Learned, from random logits.
    let mut generator = rng(0);
    let mut logits = Param::new(Tensor::randn([LETTERS, LETTERS], &mut generator));
    let mut optimizer = Optimizer::new(Sgd::default(), 50.0);
    let mut losses = Vec::new();
    let steps = if run.quick { 50 } else { 5000 };
    for step in 0..steps {
        losses.push(optimizer.training_step(&mut logits, |logits, tape| {
            -(tape.param(logits).log_softmax(1) * tape.constant(&counts)).sum() / pairs
        }));
        if step == 0 || (step + 1) % (steps / 5) == 0 {
            println!("{:>5}: {:.4}", step + 1, losses[step]);
        }
    }
    println!();
    let table = logits.value().clone();
    names.invent(1, &mut generator, |letter| table.index_select(0, &letter.flatten()));

    let last = losses[losses.len() - 1];
    run.row("counted", "2.4540", &[counted]);
    run.row("counted, one more of each", "2.4546", &[smoothed]);
    run.row("learned", "2.4540", &[last]);
    run.falls("the loss", losses[0], last);
    assert!(abs_diff_eq!(counted, 2.4540, epsilon = 1e-4), "the counts give another loss");
    assert!(last > counted - 1e-6, "no table of pairs is better than the counts");
    assert!(run.quick || last < counted + 5e-4, "the learned table is not the counted one");
    run.done();
}

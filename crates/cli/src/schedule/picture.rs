//! The picture of schedules: the rates, and the losses of the same training under each.

use gradus_viz::{Chart, Figure, Scale};

use super::training::Training;
use crate::text::lines::cut;

/// Characters of a schedule in the legend.
const NAME: usize = 60;

pub(crate) fn picture(title: &str, runs: &[Training]) -> String {
    let steps = runs.iter().map(|run| run.rates.len()).max().unwrap_or(1).max(2) as f64;
    let panel =
        |title: &str| Chart::new(title).size(380.0, 320.0).x_axis("step", Scale::Linear).x_range(0.0, steps);
    let highest = runs.iter().flat_map(|run| run.rates.iter().copied()).fold(1e-12, f64::max);
    let mut rates = panel("learning rate")
        .y_axis("learning rate", Scale::Linear)
        .y_range(0.0, (1.05 * highest).min(f64::MAX));
    let mut losses =
        panel("the same training under each").y_axis("loss of the training set, logarithmic", Scale::Log10);
    for run in runs {
        let name = cut(&run.name, NAME);
        rates = rates.curve(&name, &run.rates);
        losses = losses.line(&name, &run.losses);
    }
    Figure::new(title).panel(rates).panel(losses).shared_legend().svg()
}

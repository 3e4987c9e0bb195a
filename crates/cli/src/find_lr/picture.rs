//! The picture of a range test: the smoothed loss against the rate.

use gradus::optim::LrSearch;
use gradus_viz::{Chart, Figure, Scale, series_color};

use crate::text::numbers::number;

pub(crate) fn picture(title: &str, search: &LrSearch) -> String {
    let points: Vec<(f64, f64)> = search.rates.iter().copied().zip(search.losses.iter().copied()).collect();
    let mut chart = Chart::new("loss while the rate grows")
        .size(560.0, 340.0)
        .x_axis("learning rate, logarithmic", Scale::Log10)
        .y_axis("smoothed loss of a batch", Scale::Linear)
        .line("loss", &points);
    if let Some(rate) = search.steepest() {
        chart = chart.vertical(&format!("falls fastest: {}", number(rate, 2)), rate).color(series_color(1));
    }
    Figure::new(title).panel(chart).svg()
}

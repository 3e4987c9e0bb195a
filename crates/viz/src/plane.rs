//! A plane coloured by a function, and the bar that explains the colours.

use svg::node::element::Group;

use crate::clip::Rect;
use crate::element::{label, rectangle, upright};
use crate::layout::{BAR, Bar, Layout};
use crate::mark::Heat;
use crate::palette::ramp;
use crate::text::SIZE;

/// Values from the end of a ramp on.
const BEYOND: &str = "#d9d9d9";
/// Colours in a ramp.
const STEPS: f64 = 20.0;

/// The step of the ramp for a value, or none beyond it.
fn shade(value: f64, (low, high): (f64, f64)) -> Option<usize> {
    let t = (value - low) / (high - low);
    (t.is_finite() && t < 1.0).then(|| (t.max(0.0) * STEPS) as usize)
}

fn shade_color(step: Option<usize>) -> String {
    step.map_or(BEYOND.to_string(), |step| ramp((step as f64 + 0.5) / STEPS))
}

/// Each node colours the cell around it; neighbours of one colour are one rectangle.
pub(crate) fn plane(group: Group, heat: &Heat, layout: &Layout) -> Group {
    let grid = &heat.grid;
    let half = |(low, high): (f64, f64), n: usize| (high - low) / (n - 1) as f64 / 2.0;
    let (dx, dy) = (half(grid.x, grid.columns), half(grid.y, grid.rows));
    let mut cells = group.set("shape-rendering", "crispEdges");
    for (j, row) in grid.values.chunks(grid.columns).enumerate() {
        let y = grid.y.0 + 2.0 * dy * j as f64;
        let shades: Vec<Option<usize>> = row.iter().map(|&value| shade(value, heat.range)).collect();
        let mut i = 0;
        for run in shades.chunk_by(|a, b| a == b) {
            let from = grid.x.0 + dx * (2.0 * i as f64 - 1.0);
            i += run.len();
            let to = grid.x.0 + dx * (2.0 * i as f64 - 1.0);
            let ((left, top), (right, bottom)) = (layout.place((from, y + dy)), layout.place((to, y - dy)));
            let cell = Rect { left, top, width: right - left, height: bottom - top };
            cells = cells.add(rectangle(cell, &shade_color(run[0])));
        }
    }
    cells
}

/// What the colours mean.
pub(crate) fn bar(bar: &Bar, plot: Rect) -> Group {
    let (left, wide) = (plot.right() + 14.0, 14.0);
    let at = |value: f64| plot.bottom() - bar.span.place(value) * plot.height;
    let step = plot.height / STEPS;
    let mut group = Group::new();
    for k in 0..STEPS as usize {
        let top = plot.bottom() - (k + 1) as f64 * step;
        group =
            group.add(rectangle(Rect { left, top, width: wide, height: step + 0.5 }, &shade_color(Some(k))));
    }
    for tick in bar.ticks.iter().filter(|tick| !tick.label.is_empty()) {
        group = group.add(label(&tick.label, (plot.right() + BAR, at(tick.at) + 0.36 * SIZE), "start"));
    }
    let beside = (plot.right() + BAR + bar.widest + 18.0, plot.top + plot.height / 2.0);
    group.add(upright(&bar.label, beside))
}

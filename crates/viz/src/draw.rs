//! A chart: what stands in its plot, from back to front, and the frame around it.

use svg::node::element::{ClipPath, Definitions, Group};

use crate::chart::Chart;
use crate::element::{label, px, rectangle, straight, title};
use crate::layout::Layout;
use crate::mark::{Data, Mark};
use crate::paint;
use crate::palette::{GRID, INK};
use crate::plane::bar;
use crate::scale::Tick;

/// A whole chart.
pub(crate) fn chart(chart: &Chart, layout: &Layout) -> Group {
    let plot = layout.plot;
    // Made of the geometry: charts of several documents in one page do not disturb each other.
    let id = format!("plot-{}-{}-{}-{}", px(plot.left), px(plot.top), px(plot.width), px(plot.height));
    let clip = ClipPath::new().set("id", id.as_str()).add(rectangle(plot, "#000000"));
    let mut inside = Group::new().set("clip-path", format!("url(#{id})"));
    let (back, front): (Vec<&Mark>, Vec<&Mark>) =
        chart.marks.iter().partition(|mark| matches!(mark.data, Data::Heat(_) | Data::Band(..)));
    for mark in &back {
        inside = inside.add(paint::mark(mark, layout));
    }
    if chart.plane().is_none() {
        inside = inside.add(grid_lines(layout));
    }
    // Markers may stand on the border.
    let (markers, lines): (Vec<&Mark>, Vec<&Mark>) =
        front.into_iter().partition(|mark| matches!(mark.data, Data::Marker(..)));
    for mark in lines {
        inside = inside.add(paint::mark(mark, layout));
    }
    let mut group = Group::new().add(Definitions::new().add(clip)).add(inside).add(axes(chart, layout));
    if let Some(heat) = chart.plane() {
        group = group.add(bar(heat, plot));
    }
    for mark in markers {
        group = group.add(paint::mark(mark, layout));
    }
    match &layout.legend {
        Some(legend) => group.add(legend.draw(plot.left, plot.bottom() + 44.0)),
        None => group,
    }
}

fn grid_lines(layout: &Layout) -> Group {
    let (plot, mut group) = (layout.plot, Group::new());
    for tick in layout.x_ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let x = layout.place((tick.at, f64::NAN)).0;
        group = group.add(straight((x, plot.top), (x, plot.bottom()), GRID, 1.0));
    }
    for tick in layout.y_ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let y = layout.place((f64::NAN, tick.at)).1;
        group = group.add(straight((plot.left, y), (plot.right(), y), GRID, 1.0));
    }
    group
}

fn axes(chart: &Chart, layout: &Layout) -> Group {
    let plot = layout.plot;
    let frame = rectangle(plot, "none").set("stroke", INK).set("stroke-width", 1);
    let middle = plot.left + plot.width / 2.0;
    let mut group =
        Group::new().add(frame).add(title(&chart.title, middle, plot.top - 9.0).set("font-size", 13));
    let length = |tick: &Tick| if tick.label.is_empty() { 3.0 } else { 5.0 };
    for tick in &layout.x_ticks {
        let x = layout.place((tick.at, f64::NAN)).0;
        group = group.add(straight((x, plot.bottom()), (x, plot.bottom() + length(tick)), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (x, plot.bottom() + 18.0), "middle"));
        }
    }
    for tick in &layout.y_ticks {
        let y = layout.place((f64::NAN, tick.at)).1;
        group = group.add(straight((plot.left - length(tick), y), (plot.left, y), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (plot.left - 8.0, y + 4.0), "end"));
        }
    }
    if !chart.y.label.is_empty() {
        let (x, y) = (layout.outer.left + 12.0, plot.top + plot.height / 2.0);
        let turn = format!("rotate(-90 {} {})", px(x), px(y));
        group = group.add(label(&chart.y.label, (x, y), "middle").set("transform", turn));
    }
    if chart.x.label.is_empty() {
        group
    } else {
        group.add(label(&chart.x.label, (middle, plot.bottom() + 37.0), "middle"))
    }
}

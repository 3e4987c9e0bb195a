//! A chart: what stands in its plot, from back to front, and the frame around it.

use svg::node::element::{ClipPath, Definitions, Group};

use crate::chart::Chart;
use crate::clip::Point;
use crate::element::{headings, label, lines, px, rectangle, straight, upright};
use crate::layout::{HEADING, Layout};
use crate::mark::{Data, Mark, Marker};
use crate::paint;
use crate::palette::{GRID, INK};
use crate::plane::bar;
use crate::scale::Tick;
use crate::stroke::ends;
use crate::text::{SIZE, bold_width, widest};

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
        inside = inside.add(paint::mark(mark, layout, &[]));
    }
    if chart.plane().is_none() {
        inside = inside.add(grid_lines(layout));
    }
    // Markers may stand on the border. What is sought lies below the ends of paths, which arrive there, and is seen around them.
    let (markers, front): (Vec<&Mark>, Vec<&Mark>) =
        front.into_iter().partition(|mark| matches!(mark.data, Data::Marker(..)));
    let (sought, markers): (Vec<&Mark>, Vec<&Mark>) =
        markers.into_iter().partition(|mark| matches!(mark.data, Data::Marker(_, Marker::Cross)));
    let busy: Vec<Vec<Point>> = chart
        .marks
        .iter()
        .filter(|mark| !is_contours(mark))
        .map(|mark| layout.places(&mark.points()))
        .collect();
    for mark in front {
        inside = inside.add(paint::mark(mark, layout, &busy));
    }
    let mut group = Group::new().add(Definitions::new().add(clip)).add(inside).add(axes(layout));
    if let Some(colors) = &layout.bar {
        group = group.add(bar(colors, plot));
    }
    for mark in sought {
        group = group.add(paint::mark(mark, layout, &[]));
    }
    // The ends of all paths, lest a later path hides that of an earlier one.
    for mark in &chart.marks {
        if let Data::Path(places) = &mark.data {
            group = ends(group, mark, &layout.places(places), plot);
        }
    }
    for mark in markers {
        group = group.add(paint::mark(mark, layout, &[]));
    }
    if let Some(legend) = &layout.legend {
        group = group.add(legend.draw(plot.left, layout.legend_top()));
    }
    group.add(lines(&layout.note, (plot.left, layout.note_top() + SIZE), "start"))
}

fn is_contours(mark: &Mark) -> bool {
    matches!(mark.data, Data::Contours(_))
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

fn axes(layout: &Layout) -> Group {
    let plot = layout.plot;
    let frame = rectangle(plot, "none").set("stroke", INK).set("stroke-width", 1);
    let wide = layout.title.iter().map(|line| bold_width(line, HEADING)).fold(0.0, f64::max);
    let heading = headings(&layout.title, HEADING, (layout.middle(wide), plot.top - 12.0));
    let mut group = Group::new().add(frame).add(heading);
    let length = |tick: &Tick| if tick.label.is_empty() { 3.0 } else { 5.0 };
    for tick in &layout.x_ticks {
        let x = layout.place((tick.at, f64::NAN)).0;
        group = group.add(straight((x, plot.bottom()), (x, plot.bottom() + length(tick)), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (x, plot.bottom() + 20.0), "middle"));
        }
    }
    for tick in &layout.y_ticks {
        let y = layout.place((f64::NAN, tick.at)).1;
        group = group.add(straight((plot.left - length(tick), y), (plot.left, y), INK, 1.0));
        if !tick.label.is_empty() {
            group = group.add(label(&tick.label, (plot.left - 8.0, y + 0.36 * SIZE), "end"));
        }
    }
    let (left, below) = (layout.outer.left + 13.0, plot.bottom() + 42.0);
    group.add(upright(&layout.y_label, (left, plot.top + plot.height / 2.0))).add(lines(
        &layout.x_label,
        (layout.middle(widest(&layout.x_label, SIZE)), below),
        "middle",
    ))
}

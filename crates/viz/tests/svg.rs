//! Whole pictures: what is written, what is escaped, what is cut.

use gradus_viz::{Chart, Figure, Grid, Marker, Scale, contour, round_levels};

#[test]
fn labels_are_escaped() {
    let svg = Chart::new("a < b & c")
        .x_axis("<x>", Scale::Linear)
        .y_axis("\"y\" & z", Scale::Linear)
        .line("<&>", &[(0.0, 0.0), (1.0, 1.0)])
        .svg();
    for text in ["a &lt; b &amp; c", "&lt;x&gt;", "&amp; z", "&lt;&amp;&gt;"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("<x>") && !svg.contains("& "));
}

/// The data of the paths with this colour.
fn path(svg: &str, color: &str) -> Vec<String> {
    let paths = svg.split("<path").skip(1).filter_map(|rest| rest.split("/>").next());
    let mine = paths.filter(|path| path.contains(&format!("stroke=\"{color}\"")));
    mine.filter_map(|path| path.split("d=\"").nth(1)?.split('"').next().map(str::to_string)).collect()
}

#[test]
fn a_line_that_leaves_the_window_is_cut_and_returns() {
    let line = [(0.0, 0.5), (1.0, 0.5), (2.0, 5.0), (3.0, 0.5), (4.0, 0.5)];
    let chart = Chart::new("").x_range(0.0, 4.0).y_range(0.0, 1.0).line("", &line).color("#123456");
    let data = path(&chart.svg(), "#123456");
    // The plot's own line, once out and once in again.
    assert_eq!((data.len(), data[0].matches('M').count()), (1, 2), "{data:?}");
}

#[test]
fn what_has_no_place_breaks_the_line() {
    let line = [(1.0, 1.0), (2.0, 10.0), (3.0, 0.0), (4.0, 10.0), (5.0, 1.0), (6.0, f64::NAN), (7.0, 2.0)];
    let chart = Chart::new("").y_axis("", Scale::Log10).line("", &line).color("#123456");
    assert_eq!(path(&chart.svg(), "#123456")[0].matches('M').count(), 2);
}

#[test]
fn every_plot_is_clipped_to_its_frame_and_has_its_own_id() {
    let chart = || Chart::new("c").line("a", &[(0.0, 0.0), (1.0, 1.0)]);
    let svg = Figure::new("two").panel(chart()).panel(chart()).svg();
    let ids: Vec<&str> =
        svg.split("clipPath id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        assert!(svg.contains(&format!("url(#{id})")), "{id}");
    }
}

#[test]
fn a_shared_legend_names_each_series_once() {
    let chart = || Chart::new("").line("one", &[(0.0, 0.0)]).points("two", &[(1.0, 1.0)]);
    // A name is also the title of its mark, which a browser shows under the pointer.
    let texts = |svg: &str| {
        svg.split("<text").skip(1).filter(|text| text.replace('\n', "").contains(">one</text>")).count()
    };
    assert_eq!(texts(&Figure::new("").panel(chart()).panel(chart()).shared_legend().svg()), 1);
    assert_eq!(texts(&Figure::new("").panel(chart()).panel(chart()).svg()), 2);
}

#[test]
fn same_calls_same_text() {
    let picture = || {
        let grid = Grid::sample((-1.0, 1.0), (-1.0, 1.0), [21, 21], |x, y| x * x - y);
        let levels = round_levels(&grid, 5);
        Chart::new("all")
            .contours(&grid, &levels)
            .heat(grid, "height", (-1.0, 2.0))
            .path("way", &[(0.0, 0.0), (0.5, 0.5)])
            .marker("aim", (0.5, 0.5), Marker::Diamond)
            .band("part", -0.5, 0.0)
            .vertical("here", 0.25)
            .horizontal("there", 0.25)
            .svg()
            .replace('\n', "")
    };
    assert_eq!(picture(), picture());
    for name in ["way", "aim", "part", "here", "there", "height"] {
        assert!(picture().contains(&format!(">{name}<")), "{name}");
    }
}

#[test]
fn nothing_to_draw_is_no_mistake() {
    let svg = Chart::new("empty").x_axis("x", Scale::Log10).line("nothing", &[]).svg();
    assert!(svg.contains("nothing") && !svg.contains("NaN") && !svg.contains("inf"));
    let flat = Grid::sample((0.0, 1.0), (0.0, 1.0), [3, 3], |_, _| 2.0);
    assert!(round_levels(&flat, 4).is_empty() && contour(&flat, 1.0).is_empty());
}

//! Text in pictures: none of it leaves the picture, and none lies on another, whatever is drawn.

use gradus_viz::{Chart, Figure, Graph, Grid, Marker, Role, Scale, round_levels};
use proptest::prelude::*;

/// A text and the rectangle it needs: left, top, right, bottom.
#[derive(Debug, Clone)]
struct Text {
    words: String,
    sides: [f64; 4],
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// Mean advances of DejaVu Sans and DejaVu Sans Bold for letters as they occur; the estimate of the library is not asked.
fn width(words: &str, size: f64, bold: bool) -> f64 {
    let of = |c: char| match c {
        'i' | 'l' | 'j' => 0.278,
        ' ' | '.' | ',' | ':' => 0.33,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.39,
        'm' | 'w' | 'M' | 'W' => 0.93,
        '⁰' | '¹' | '²' | '³' | '⁴' | '⁵' | '⁶' | '⁷' | '⁸' | '⁹' | '⁻' => 0.40,
        '−' | '×' | '=' => 0.838,
        '·' => 0.32,
        c if c.is_uppercase() => 0.70,
        _ => 0.61,
    };
    words.chars().map(of).sum::<f64>() * size * if bold { 1.1 } else { 1.0 }
}

/// All texts of a picture. Groups that are moved, as in a graph, move their texts.
fn texts(svg: &str) -> Vec<Text> {
    let svg = svg.replace('\n', "");
    let mut moved: Vec<(f64, f64)> = vec![(0.0, 0.0)];
    let mut texts = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, words) = part.split_once('>').expect("a tag ends");
        let shift = moved.last().copied().unwrap_or_default();
        if tag.starts_with('g') && !tag.ends_with('/') {
            let by = attribute(tag, "transform").and_then(|move_by| {
                let (x, y) = move_by.strip_prefix("translate(")?.strip_suffix(')')?.split_once(' ')?;
                Some((x.parse::<f64>().ok()?, y.parse::<f64>().ok()?))
            });
            let (x, y) = by.unwrap_or_default();
            moved.push((shift.0 + x, shift.1 + y));
        } else if tag == "/g" {
            moved.pop();
        } else if tag.starts_with("text") && !words.is_empty() {
            let (x, y, size) =
                (number(tag, "x") + shift.0, number(tag, "y") + shift.1, number(tag, "font-size"));
            let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let wide = width(&words, size, tag.contains("bold"));
            let (before, after) = match attribute(tag, "text-anchor") {
                Some("middle") => (wide / 2.0, wide / 2.0),
                Some("end") => (wide, 0.0),
                _ => (0.0, wide),
            };
            // From the top of a digit to the foot of a g.
            let (above, below) = (0.74 * size, 0.2 * size);
            let sides = if tag.contains("rotate(-90") {
                [x - above, y - after, x + below, y + before]
            } else {
                [x - before, y - above, x + after, y + below]
            };
            texts.push(Text { words, sides });
        }
    }
    texts
}

fn check(svg: &str) -> Result<Vec<Text>, TestCaseError> {
    let head = svg.split('>').next().expect("a tag").replace('\n', " ");
    let (wide, high) = (number(&head, "width"), number(&head, "height"));
    prop_assert!(!svg.contains("NaN") && !svg.contains("=\"inf") && !svg.contains("=\"-inf"));
    let texts = texts(svg);
    for text in &texts {
        let [left, top, right, bottom] = text.sides;
        prop_assert!(
            left >= 0.0 && top >= 0.0 && right <= wide && bottom <= high,
            "{text:?} leaves {wide} × {high}"
        );
    }
    for (i, a) in texts.iter().enumerate() {
        for b in &texts[i + 1..] {
            let apart = a.sides[2] <= b.sides[0]
                || b.sides[2] <= a.sides[0]
                || a.sides[3] <= b.sides[1]
                || b.sides[3] <= a.sides[1];
            prop_assert!(apart, "{a:?} lies on {b:?}");
        }
    }
    Ok(texts)
}

/// Several words, some of them long.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof!["[a-z]{1,9}", "[A-Z][a-z]{1,5}", "[0-9]{1,4}", "[a-zW]{20,60}"];
    prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

/// Numbers of all sizes and at all distances from each other.
fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let spread = (-9.0..9.0f64, -9.0..9.0f64, prop::bool::ANY);
    (spread, prop::collection::vec(-1.0..1.0f64, 1..12)).prop_map(|((offset, scale, far), parts)| {
        let offset = if far { 10f64.powf(offset) } else { 0.0 };
        parts.into_iter().map(|part| offset + part * 10f64.powf(scale)).collect()
    })
}

fn scale() -> impl Strategy<Value = Scale> {
    prop_oneof![Just(Scale::Linear), Just(Scale::Integer), Just(Scale::Log10)]
}

prop_compose! {
    fn chart()(
        title in words(),
        labels in [words(), words(), words()],
        names in prop::collection::vec(words(), 1..6),
        x in numbers(),
        y in numbers(),
        scales in [scale(), scale()],
        size in (90.0..500.0f64, 90.0..400.0f64),
        plane in prop::bool::ANY,
    ) -> Chart {
        let points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
        let [x_label, y_label, note] = labels;
        let mut chart = Chart::new(&title)
            .size(size.0, size.1)
            .x_axis(&x_label, scales[0])
            .y_axis(&y_label, scales[1])
            .note(&note);
        if plane {
            let grid = Grid::sample((0.5, 2.0), (0.5, 2.0), [12, 12], |x, y| x * x + 10.0 * y * y);
            let levels = round_levels(&grid, 9);
            chart = chart.contours(&grid, &levels).heat(grid, &title, (0.0, 50.0));
        }
        for (i, name) in names.iter().enumerate() {
            chart = match i % 3 {
                0 => chart.line(name, &points),
                1 => chart.path(name, &points),
                _ => chart.marker(name, points[0], Marker::Cross),
            };
        }
        chart
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_a_chart_leaves_it_or_lies_on_another(chart in chart()) {
        check(&chart.svg())?;
    }

    #[test]
    fn nor_in_a_figure(
        charts in prop::collection::vec(chart(), 1..5),
        title in words(),
        note in words(),
        columns in 1..3usize,
        shared in prop::bool::ANY,
    ) {
        let figure = Figure::new(&title).columns(columns).note(&note);
        let figure = charts.into_iter().fold(figure, Figure::panel);
        check(&if shared { figure.shared_legend() } else { figure }.svg())?;
    }

    #[test]
    fn nor_in_a_graph(
        title in words(),
        note in words(),
        boxes in prop::collection::vec(("[a-z]{1,30}", "[0-9]{1,20}"), 1..9),
        edges in prop::collection::vec((0..9usize, 0..9usize, "[0-9.]{0,12}"), 0..14),
    ) {
        let mut graph = Graph::new(&title).note(&note);
        let roles = [Role::Input, Role::Constant, Role::Step, Role::Result];
        for (i, (name, value)) in boxes.iter().enumerate() {
            graph.node(roles[i % 4], name, &[("value", value.clone()), ("gradient", value.clone())]);
        }
        for (from, to, label) in edges {
            let (from, to) = (from % boxes.len(), to % boxes.len());
            if from < to {
                graph.labelled_edge(from, to, &label);
            }
        }
        check(&graph.svg())?;
    }

    /// A line of one point, or of several at one place, is seen.
    #[test]
    fn a_line_of_one_point_is_a_dot(x in -1e6..1e6f64, y in -1e6..1e6f64, count in 1..4usize) {
        let svg = Chart::new("").line("", &vec![(x, y); count]).color("#123456").svg();
        prop_assert_eq!(svg.matches("<circle").count(), 1);
        let points = vec![(0.0, 0.0), (1.0, f64::NAN), (2.0, 0.0), (2.0, 0.0), (3.0, f64::NAN), (4.0, 1.0), (5.0, 2.0)];
        prop_assert_eq!(Chart::new("").line("", &points).svg().matches("<circle").count(), 2);
    }
}

#[test]
fn long_titles_are_broken_and_whole() {
    let title = "a title of many words that is much longer than the narrow chart below it is wide, as captions often are";
    let svg = Chart::new(title).size(160.0, 120.0).line("a", &[(0.0, 0.0), (1.0, 1.0)]).svg();
    let texts = check(&svg).expect("it fits");
    let lines: Vec<&str> =
        texts.iter().map(|text| text.words.as_str()).filter(|words| title.contains(words)).collect();
    assert!(lines.len() > 3 && lines.concat().len() + lines.len() > title.len(), "{lines:?}");
}

#[test]
fn contours_carry_their_levels() {
    let grid = Grid::sample((-2.0, 2.0), (-2.0, 2.0), [81, 81], |x, y| x * x + y * y);
    let levels = round_levels(&grid, 8);
    let svg = Chart::new("").contours(&grid, &levels).line("", &[(-2.0, 0.0), (2.0, 0.0)]).svg();
    let texts = check(&svg).expect("they fit");
    assert!(
        texts.iter().filter(|text| ["1", "2", "3", "4", "5"].contains(&text.words.as_str())).count() >= 3,
        "{texts:?}"
    );
}

#[test]
fn ends_of_paths_are_marked_and_many_dots_are_none() {
    let spiral: Vec<(f64, f64)> = (0..1000)
        .map(|t| f64::from(t) / 1000.0)
        .map(|t| (t * (9.0 * t).cos(), t * (9.0 * t).sin()))
        .collect();
    let svg = Chart::new("").path("", &spiral).svg();
    assert_eq!(
        (svg.matches("<circle").count(), svg.matches("width=\"9\"").count()),
        (1, 1),
        "the ring and the square"
    );
    let steps = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (3.0, 1.0)];
    let svg = Chart::new("").path("", &steps).svg();
    assert_eq!(
        (svg.matches("<circle").count(), svg.matches("width=\"9\"").count()),
        (5, 1),
        "a dot for each step too"
    );
    let svg = Chart::new("").path("", &steps).x_range(0.0, 1.5).svg();
    assert_eq!(
        svg.matches("fill=\"#ffffff\" height=\"9\"").count(),
        1,
        "hollow where it leaves the plot: {svg}"
    );
}

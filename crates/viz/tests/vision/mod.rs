//! How far colours lie apart for eyes of four kinds, and which colours of a picture have to be told apart.

#![allow(dead_code, reason = "each test takes what it needs")]

/// What eyes make of linear sRGB: that see all colours, no red (protanopia), no green (deuteranopia), no blue (tritanopia).
///
/// # Source
/// Machado, Oliveira and Fernandes 2009, *A Physiologically-based Model for Simulation of Color Vision Deficiency*, table 1,
/// severity 1.
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "no red",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "no green",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "no blue",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// Distance that any two lines keep, in `$\Delta E^*_{ab}$` of CIE 1976; about 2.3 is just noticeable side by side.
pub(crate) const LINES: f64 = 20.0;
/// That of filled areas, which are larger than lines.
pub(crate) const AREAS: f64 = 15.0;

fn times(matrix: [[f64; 3]; 3], x: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum())
}

/// The colour `#rrggbb` in linear light.
fn linear(color: &str) -> [f64; 3] {
    [1, 3, 5].map(|i| {
        let part = u8::from_str_radix(&color[i..i + 2], 16).expect("a colour is #rrggbb");
        let x = f64::from(part) / 255.0;
        if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
    })
}

/// CIE L*a*b* of linear sRGB under daylight, D65.
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let to_xyz = [
        [0.412_456_4, 0.357_576_1, 0.180_437_5],
        [0.212_672_9, 0.715_152_2, 0.072_175_0],
        [0.019_333_9, 0.119_192_0, 0.950_304_1],
    ];
    let [x, y, z] = times(to_xyz, rgb);
    let root = |t: f64| {
        let edge: f64 = 6.0 / 29.0;
        if t > edge.powi(3) { t.cbrt() } else { t / (3.0 * edge * edge) + 4.0 / 29.0 }
    };
    let (x, y, z) = (root(x / 0.950_47), root(y), root(z / 1.088_83));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The distance of two colours for each kind of eyes.
pub(crate) fn distances(a: &str, b: &str) -> [(&'static str, f64); 4] {
    EYES.map(|(eyes, matrix)| {
        let seen = |color| lab(times(matrix, linear(color)).map(|x| x.clamp(0.0, 1.0)));
        let squares = seen(a).into_iter().zip(seen(b)).map(|(a, b)| (a - b) * (a - b));
        (eyes, squares.sum::<f64>().sqrt())
    })
}

/// Pairs of these that some eyes hardly tell apart, in words.
pub(crate) fn alike(colors: &[&str], least: f64) -> Vec<String> {
    let pairs = colors.iter().enumerate().flat_map(|(i, a)| colors[i + 1..].iter().map(move |b| (a, b)));
    let near = pairs.flat_map(|(a, b)| {
        let of_all = distances(a, b).into_iter().filter(move |(_, apart)| *apart < least);
        of_all.map(move |(eyes, apart)| format!("{a} and {b} are {apart:.1} apart for eyes that see {eyes}"))
    });
    near.collect()
}

/// The stroke or colour of each named mark of a chart, and whether it is dashed; white, the border of markers, is none.
pub(crate) fn marks(svg: &str) -> Vec<(String, bool)> {
    let svg = svg.replace('\n', "");
    let mut all = Vec::new();
    for mark in svg.split("<g><title>").skip(1) {
        let (_, rest) = mark.split_once("</title>").expect("a title ends");
        // A cross is a white one below a coloured one.
        let own: String = rest.split("</g>").take(2).collect();
        let keys = ["stroke=\"#", "fill=\"#"];
        let mut colors =
            keys.iter().flat_map(|key| own.split(key).skip(1)).map(|rest| format!("#{}", &rest[..6]));
        if let Some(color) = colors.find(|color| color != "#ffffff") {
            let mark = (color, own.contains("stroke-dasharray"));
            if !all.contains(&mark) {
                all.push(mark);
            }
        }
    }
    all
}

/// Pairs of marks of one picture that some eyes hardly tell apart: of two colours, both solid or both dashed.
pub(crate) fn marks_alike(svg: &str) -> Vec<String> {
    let marks = marks(svg);
    let of = |dashed| {
        let colors: Vec<&str> =
            marks.iter().filter(|mark| mark.1 == dashed).map(|mark| mark.0.as_str()).collect();
        alike(&colors, LINES)
    };
    [of(false), of(true)].concat()
}

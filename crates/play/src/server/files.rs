//! The page's own files, which are part of the program. A view has one of its own.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::guard;

const INDEX: &str = include_str!("../../page/index.html");

macro_rules! files {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../page/", $name)))),*] };
}

const FILES: [(&str, &str); 18] = files!("style.css" "icon.svg" "main.js" "core.js" "dom.js" "save.js" "graph.js" "sliders.js" "chart.js" "backprop.js" "differences.js" "training.js" "network.js" "microgpt.js" "fields.js" "descent.js" "lessons.js" "schedules.js");

pub(super) async fn index() -> Html<&'static str> {
    Html(INDEX)
}

pub(super) async fn file(path: Result<Path<(String, String)>, PathRejection>) -> Response {
    let name = path.map_or(String::new(), |Path((_, name))| name);
    let Some((_, text)) = FILES.iter().find(|(file, _)| *file == name) else {
        return guard::nothing_here().await;
    };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], *text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_light_and_asks_for_nothing_else() {
        let scripts: usize = FILES
            .iter()
            .filter(|(name, _)| std::path::Path::new(name).extension().is_some_and(|end| end == "js"))
            .map(|(_, text)| text.len())
            .sum();
        assert!(scripts < 100_000, "{scripts} bytes of JavaScript");
        for (name, text) in FILES.iter().chain(&[("index.html", INDEX)]) {
            let elsewhere = text.match_indices("http").map(|(i, _)| &text[i..text.len().min(i + 40)]);
            let elsewhere: Vec<&str> =
                elsewhere.filter(|text| !text.starts_with("http://www.w3.org/2000/svg")).collect();
            assert!(elsewhere.is_empty(), "{name}: {elsewhere:?}");
        }
    }
}

//! The plot of a load: calls a second, p50 and p99 over the time, readable in light and dark.

use serde_json::Value;
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 70.0;
const PANE: f64 = 130.0;
const STYLE: &str = "text{font:12px sans-serif;fill:#24292f}.axis{stroke:#8c959f}\
    .a{stroke:#0969da}.b{stroke:#bc4c00}.a,.b{fill:none;stroke-width:2}.ta{fill:#0969da}.tb{fill:#bc4c00}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.a{stroke:#58a6ff}.b{stroke:#f0883e}.ta{fill:#58a6ff}\
    .tb{fill:#f0883e}}";

/// Time and value.
type Points = Vec<(f64, f64)>;

/// The SVG of a report.
pub fn svg(report: &Value) -> String {
    let line = |name: &str| -> Points {
        let intervals = report["intervals"].as_array().into_iter().flatten();
        intervals.filter_map(|interval| Some((interval["until_s"].as_f64()?, interval[name].as_f64()?))).collect()
    };
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} 380' role='img'><title>Load</title>\
         <style>{STYLE}</style><text x='{LEFT}' y='20'>{} threads, {} calls in {} s</text>",
        report["threads"], report["calls"], report["seconds"]
    );
    pane(&mut svg, 40.0, "calls/s", &[("a", "", line("rate"))]);
    pane(&mut svg, 210.0, "ms", &[("a", "p50", line("p50_ms")), ("b", "p99", line("p99_ms"))]);
    svg.push_str("</svg>\n");
    svg
}

/// One set of axes with its lines: class, name and points.
fn pane(svg: &mut String, top: f64, unit: &str, lines: &[(&str, &str, Points)]) {
    let all = || lines.iter().flat_map(|(.., points)| points);
    let end = all().map(|point| point.0).fold(0.1, f64::max);
    let highest = all().map(|point| point.1).fold(0.001, f64::max) * 1.1;
    let (bottom, right) = (top + PANE, WIDTH - 60.0);
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<path class='axis' fill='none' d='M{LEFT},{top}V{bottom}H{right}'/>\
         <text x='{x}' y='{y}' text-anchor='end'>{highest:.1}</text><text x='{x}' y='{bottom}' text-anchor='end'>0</text>\
         <text x='{x}' y='{middle}' text-anchor='end'>{unit}</text><text x='{right}' y='{below}'>{end:.0} s</text>",
        x = LEFT - 8.0,
        y = top + 10.0,
        middle = top + PANE / 2.0,
        below = bottom + 16.0,
    );
    for (class, name, points) in lines {
        let place = |(x, y): &(f64, f64)| (LEFT + x / end * (right - LEFT), bottom - y / highest * PANE);
        let path: Vec<String> = points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let height = points.last().map_or(bottom, |point| place(point).1);
        let _ = write!(
            svg,
            "<polyline class='{class}' points='{}'/><text class='t{class}' x='{}' y='{height:.1}'>{name}</text>",
            path.join(" "),
            right + 6.0
        );
    }
}

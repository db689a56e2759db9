//! The frame of every picture: a card with its own background, readable on light and dark pages.
//!
//! Must not need an external font or style, nor trust a text to be free of markup.

/// The width of every picture.
pub(crate) const WIDTH: f64 = 720.0;
/// The space between the card's edge and its content.
pub(crate) const EDGE: f64 = 24.0;
/// The lower end of the title and the line below it.
pub(crate) const HEAD: f64 = 76.0;

const STYLE: &str = "\
.card{fill:#ffffff;stroke:#d5dae1}\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:13px;fill:#1f2933}\
.title{font-size:16px;font-weight:600}\
.quiet{fill:#5c6773;font-size:12px}\
.value{font-weight:600}\
.bar{fill:#9aa5b1}\
.ours{fill:#0b7285}\
.grid{stroke:#e3e7ec;stroke-width:1}\
.goal{stroke:#b54708;stroke-width:1.5;stroke-dasharray:5 4}\
.goal-text{fill:#b54708;font-size:12px}\
.line{fill:none;stroke:#0b7285;stroke-width:2.5}\
.line-2{fill:none;stroke:#7a869a;stroke-width:2.5}\
.line-text{fill:#0b7285;font-weight:600}\
.line-2-text{fill:#5c6773;font-weight:600}\
@media (prefers-color-scheme: dark){\
.card{fill:#14191f;stroke:#333c47}\
text{fill:#e4e9ef}\
.quiet{fill:#9fabb8}\
.bar{fill:#5d6b7a}\
.ours{fill:#3bc9db}\
.grid{stroke:#2a323c}\
.goal{stroke:#f79052}\
.goal-text{fill:#f79052}\
.line{stroke:#3bc9db}\
.line-2{stroke:#8a97a6}\
.line-text{fill:#3bc9db}\
.line-2-text{fill:#9fabb8}\
}";

/// The whole document.
pub(crate) fn document(title: &str, below: &str, height: f64, inside: &str) -> String {
    let (title, below) = (escaped(title), escaped(below));
    let (width, edge) = (WIDTH, EDGE);
    let (inner_width, inner_height) = (width - 1.0, height - 1.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{inner_width}\" height=\"{inner_height}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"{edge}\" y=\"34\">{title}</text>\n\
         <text class=\"quiet\" x=\"{edge}\" y=\"55\">{below}</text>\n\
         {inside}</svg>\n"
    )
}

/// A text, escaped for a document.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

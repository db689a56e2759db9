//! Common parts of the generated pages: the circumstances, and pictures.
//!
//! Must not measure anything, nor depend on a particular figure.

mod axis;
pub mod bars;
mod circumstances;
pub mod steps;
mod svg;

pub use circumstances::Circumstances;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A picture, and the name of its file.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's name, without a folder.
    pub file: &'static str,
    /// What it shows, as the alternative text.
    pub shows: String,
    /// The SVG document.
    pub svg: String,
}

impl Picture {
    /// The Markdown of the picture: pictures are in the folder `assets` beside the page.
    #[must_use]
    pub fn link(&self) -> String {
        format!("![{}](assets/{})\n", self.shows, self.file)
    }
}

/// Writes a page, and its pictures into the folder `assets` beside it.
///
/// # Errors
/// A file cannot be written.
pub fn write(page: &Path, text: &str, pictures: &[Picture]) -> io::Result<()> {
    let assets: PathBuf = page.with_file_name("assets");
    fs::create_dir_all(&assets)?;
    for picture in pictures {
        fs::write(assets.join(picture.file), &picture.svg)?;
    }
    fs::write(page, text)
}

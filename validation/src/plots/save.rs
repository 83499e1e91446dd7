//! One figure, two files.

use super::canvas::{Canvas, FONT};
use super::frame::draw;
use super::layout::Layout;
use super::png::with_resolution;
use super::{Figure, Size};
use crate::ValidationError;
use plotters::prelude::*;
use plotters::style::register_font;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Pixels of the drawing in each direction that become one of the file.
const OVERSAMPLING: u32 = 2;

impl Figure {
    /// Writes `stem.svg` and `stem.png` and returns both paths. The extension is added to the whole name: a dot in it
    /// stays. Replaces what is there.
    pub fn save(&self, stem: &Path, size: Size) -> Result<[PathBuf; 2], ValidationError> {
        let path = |extension: &str| {
            let mut name = stem.as_os_str().to_os_string();
            name.push(extension);
            PathBuf::from(name)
        };
        let [svg, png] = [path(".svg"), path(".png")];
        let located = |path: &Path| {
            let path = path.to_path_buf();
            move |problem: String| ValidationError::Plot { path, problem }
        };
        let text = self.to_svg(size).map_err(located(&svg))?;
        std::fs::write(&svg, text).map_err(|error| located(&svg)(error.to_string()))?;
        self.write_png(&png, size).map_err(located(&png))?;
        Ok([svg, png])
    }

    /// The SVG file as text, e.g. to put into a page; title and caption are in it for those who do not see the picture. The
    /// error says what went wrong.
    pub fn to_svg(&self, size: Size) -> Result<String, String> {
        register()?;
        let layout = Layout::new(self, size)?;
        let large = pixels(&layout, OVERSAMPLING);
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, large).into_drawing_area();
            let canvas = Canvas {
                area: &area,
                raster: false,
                scale: OVERSAMPLING,
            };
            draw(self, &layout, &canvas)?;
            area.present().map_err(|error| error.to_string())?;
        }
        let drawn = format!("<svg width=\"{}\" height=\"{}\"", large.0, large.1);
        let (width, height) = (size.svg(layout.width), size.svg(layout.height));
        let page = format!("<svg stroke-linejoin=\"round\" width=\"{width}\" height=\"{height}\"");
        Ok(self.described(&text.replacen(&drawn, &page, 1)))
    }

    /// Behind the first tag.
    fn described(&self, svg: &str) -> String {
        let words = [("title", &self.title), ("desc", &self.caption)];
        let words = words.map(|(tag, text)| match text.is_empty() {
            true => String::new(),
            false => format!("<{tag}>{}</{tag}>\n", escaped(text)),
        });
        match svg.split_once(">\n") {
            Some((page, rest)) => format!("{page}>\n{}{rest}", words.concat()),
            None => svg.into(),
        }
    }

    fn write_png(&self, path: &Path, size: Size) -> Result<(), String> {
        register()?;
        let layout = Layout::new(self, size)?;
        let scale = OVERSAMPLING * size.pixels();
        let (width, height) = pixels(&layout, scale);
        let mut large = vec![0; (width as usize) * (height as usize) * 3];
        {
            let area = BitMapBackend::with_buffer(&mut large, (width, height)).into_drawing_area();
            let canvas = Canvas {
                area: &area,
                raster: true,
                scale,
            };
            draw(self, &layout, &canvas)?;
            area.present().map_err(|error| error.to_string())?;
        }
        let small = (width / OVERSAMPLING, height / OVERSAMPLING);
        let mut file = BitMapBackend::new(path, small);
        file.blit_bitmap((0, 0), small, &averaged(&large, width as usize))
            .map_err(|error| error.to_string())?;
        file.present().map_err(|error| error.to_string())?;
        drop(file);
        match size.pixels_per_metre() {
            Some(resolution) => with_resolution(path, resolution).map_err(|e| e.to_string()),
            None => Ok(()),
        }
    }
}

/// Of the drawing; a whole number of pixels of the file.
fn pixels(layout: &Layout, scale: u32) -> (u32, u32) {
    let count = |units: f64| units.ceil() as u32 * scale;
    (count(layout.width), count(layout.height))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Mean of 2 × 2 pixels.
fn averaged(large: &[u8], width: usize) -> Vec<u8> {
    let factor = OVERSAMPLING as usize;
    let rows = large.len() / (3 * width) / factor;
    let mut small = Vec::with_capacity(large.len() / (factor * factor));
    for row in 0..rows {
        for column in 0..width / factor {
            for channel in 0..3 {
                let value = |k: usize| {
                    let (y, x) = (row * factor + k / factor, column * factor + k % factor);
                    u32::from(large[(y * width + x) * 3 + channel])
                };
                let sum: u32 = (0..factor * factor).map(value).sum();
                small.push((sum / (factor * factor) as u32) as u8);
            }
        }
    }
    small
}

/// `plotters` without system fonts draws no text until a font is registered.
pub(super) fn register() -> Result<(), String> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let register =
        || register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT).is_ok();
    match DONE.get_or_init(register) {
        true => Ok(()),
        false => Err("the embedded font cannot be read".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averaging_by_hand() {
        // 2 × 2 pixels, one channel at a time
        let large = [0, 10, 255, 4, 10, 255, 0, 30, 255, 4, 30, 255];
        assert_eq!(averaged(&large, 2), [2, 20, 255]);
    }
}

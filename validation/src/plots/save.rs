//! One figure, two files.

use super::canvas::{Canvas, FONT, HEIGHT, OVERSAMPLING, WIDTH};
use super::frame::draw;
use super::Figure;
use crate::ValidationError;
use plotters::prelude::*;
use plotters::style::register_font;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const LARGE: (u32, u32) = (WIDTH as u32 * OVERSAMPLING, HEIGHT as u32 * OVERSAMPLING);

impl Figure {
    /// Writes `stem.svg` and `stem.png` and returns both paths. The extension is added to the whole name: a dot in it
    /// stays. Replaces what is there.
    pub fn save(&self, stem: &Path) -> Result<[PathBuf; 2], ValidationError> {
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
        let text = self.to_svg().map_err(located(&svg))?;
        std::fs::write(&svg, text).map_err(|error| located(&svg)(error.to_string()))?;
        self.write_png(&png).map_err(located(&png))?;
        Ok([svg, png])
    }

    /// The SVG file as text, e.g. to put into a page. The error says what went wrong.
    pub fn to_svg(&self) -> Result<String, String> {
        register()?;
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, LARGE).into_drawing_area();
            draw(
                self,
                &Canvas {
                    area: &area,
                    raster: false,
                },
            )?;
            area.present().map_err(|error| error.to_string())?;
        }
        let (width, height) = LARGE;
        let drawn = format!("<svg width=\"{width}\" height=\"{height}\"");
        let page = format!("<svg stroke-linejoin=\"round\" width=\"{WIDTH}\" height=\"{HEIGHT}\"");
        Ok(text.replacen(&drawn, &page, 1))
    }

    fn write_png(&self, path: &Path) -> Result<(), String> {
        register()?;
        let (width, height) = LARGE;
        let mut large = vec![0; (width * height * 3) as usize];
        {
            let area = BitMapBackend::with_buffer(&mut large, LARGE).into_drawing_area();
            draw(
                self,
                &Canvas {
                    area: &area,
                    raster: true,
                },
            )?;
            area.present().map_err(|error| error.to_string())?;
        }
        let size = (width / OVERSAMPLING, height / OVERSAMPLING);
        let mut file = BitMapBackend::new(path, size);
        file.blit_bitmap((0, 0), size, &averaged(&large, width as usize))
            .map_err(|error| error.to_string())?;
        file.present().map_err(|error| error.to_string())
    }
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
fn register() -> Result<(), String> {
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

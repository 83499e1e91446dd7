//! From the tensors of a weights file to matrices and rows in the order that memory has here.

use super::channels::Channels;
use super::matrix::Matrix;
use super::simd::{Real, Row, Stored, PANEL};
use crate::oreo::Weights;

/// The tensors below one path.
#[derive(Clone)]
pub struct Source<'a> {
    weights: &'a Weights,
    path: String,
}

/// Some outputs of a linear map, as they are in the file.
pub struct Outputs<'a> {
    /// (out, in)
    weight: &'a [f64],
    /// (out,) or empty
    bias: &'a [f64],
    inputs: usize,
    /// Row of the weight at each place, whole panels.
    rows: Vec<Option<usize>>,
}

impl<'a> Source<'a> {
    /// All of them.
    pub fn new(weights: &'a Weights) -> Self {
        Self {
            weights,
            path: String::new(),
        }
    }

    /// One level down.
    pub fn at(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_string(),
            path => format!("{path}.{name}"),
        };
        Self { path, ..*self }
    }

    /// Numbers of the tensor `name`, row-major. [`Weights`] holds every tensor that its config demands.
    pub fn values(&self, name: &str) -> &'a [f64] {
        let path = self.at(name).path;
        &self.weights.tensors[&path].values
    }

    /// A number.
    pub fn scalar(&self, name: &str) -> f64 {
        self.values(name)[0]
    }

    /// A vector over channels, padded with 0.
    pub fn row<T: Real>(&self, name: &str, channels: &Channels) -> Vec<Row<T>> {
        let values = self.values(name);
        gather(channels.panels(), |place| channels.at(place).map(|c| values[c]))
    }

    /// Outputs of the map at this path: `row(channel)` for each place of `channels`.
    pub fn outputs(
        &self,
        map: &str,
        inputs: usize,
        channels: &[Option<usize>],
        row: impl Fn(usize) -> usize,
    ) -> Outputs<'a> {
        let map = self.at(map);
        let bias = format!("{}.bias", map.path);
        let bias = self.weights.tensors.get(&bias);
        Outputs {
            weight: map.values("weight"),
            bias: bias.map_or(&[], |bias| &bias.values),
            inputs,
            rows: channels.iter().map(|channel| channel.map(&row)).collect(),
        }
    }
}

/// Several groups of outputs, one after the other, of the same inputs.
pub fn matrix<W: Stored>(outputs: &[Outputs<'_>], inputs: &Channels) -> Matrix<W> {
    let rows: Vec<Option<&[f64]>> = outputs.iter().flat_map(Outputs::weights).collect();
    Matrix::new(rows.len() / PANEL, inputs.panels(), |output, input| {
        match (rows[output], inputs.at(input)) {
            (Some(row), Some(channel)) => row[channel],
            _ => 0.0,
        }
    })
}

/// Their biases; 0 where there is none.
pub fn bias<T: Real>(outputs: &[Outputs<'_>]) -> Vec<Row<T>> {
    let all: Vec<Option<f64>> = outputs.iter().flat_map(Outputs::biases).collect();
    gather(all.len() / PANEL, |place| all[place])
}

impl<'a> Outputs<'a> {
    fn weights(&self) -> impl Iterator<Item = Option<&'a [f64]>> + '_ {
        let row = |row: usize| &self.weight[row * self.inputs..(row + 1) * self.inputs];
        self.rows.iter().map(move |place| place.map(row))
    }

    fn biases(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        self.rows.iter().map(|place| place.and_then(|row| self.bias.get(row).copied()))
    }
}

/// Rows from a function of the place; `None` becomes 0.
pub fn gather<T: Real>(panels: usize, value: impl Fn(usize) -> Option<f64>) -> Vec<Row<T>> {
    let number = |place| T::from_f64(value(place).unwrap_or(0.0));
    (0..panels)
        .map(|panel| Row(std::array::from_fn(|n| number(PANEL * panel + n))))
        .collect()
}

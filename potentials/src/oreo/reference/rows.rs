//! Rows by index, and sums of rows with the same index: each is the reverse pass of the other.
//!
//! On the CPU both are candle's own. Its sum on CUDA (`index_add`) has one thread for each column, which walks through all
//! rows: 80,000 in turn for the vectors of 64 aspirins. There a sum is a selection as well: the rows of each target, padded to
//! the longest list with indices that select zeros, and one reduction over them. No number is added to by two threads.

use super::quantity::Quantity;
use candle_core::backend::BackendStorage;
use candle_core::op::ReduceOp;
use candle_core::{
    bail, CpuStorage, CudaStorage, CustomOp1, Device, Layout, Result, Shape, Storage, Tensor,
};
use std::sync::Arc;

/// How rows are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sums {
    /// One row after the other
    InTurn,
    /// All rows of a target at once
    Selected,
}

impl Sums {
    /// What is fast there.
    pub fn on(device: &Device) -> Self {
        match device.is_cuda() {
            true => Self::Selected,
            false => Self::InTurn,
        }
    }
}

/// Which row belongs to which target.
pub(super) struct Rows {
    /// The target of each row, (R,) u32
    targets: Tensor,
    /// How many there are
    count: usize,
    /// Of [`Sums::Selected`]
    inverse: Option<Arc<Inverse>>,
}

/// The rows of every target.
struct Inverse {
    /// The target of each row, (R,) u32
    targets: Tensor,
    /// Rows of target 0, then of target 1, …, each list padded, (targets · longest,) u32
    rows: Tensor,
    longest: usize,
}

/// candle selects zeros with it.
const NO_ROW: u32 = u32::MAX;

impl Rows {
    /// `targets` are numbers below `count`.
    pub fn new(targets: &[u32], count: usize, sums: Sums, device: &Device) -> Result<Self> {
        let tensor = Tensor::from_slice(targets, targets.len(), device)?;
        let inverse = match sums {
            Sums::InTurn => None,
            Sums::Selected => Some(Arc::new(Inverse::new(targets, &tensor, count)?)),
        };
        Ok(Self {
            targets: tensor,
            count,
            inverse,
        })
    }

    /// The target's row for each row: (targets, …) → (R, …).
    pub fn pick<Q: Quantity>(&self, x: &Q) -> Result<Q> {
        x.linear(|x| match &self.inverse {
            None => x.index_select(&self.targets, 0),
            Some(inverse) => x.contiguous()?.apply_op1(Pick(inverse.clone())),
        })
    }

    /// The sum of the rows of each target: (R, …) → (targets, …).
    pub fn sum<Q: Quantity>(&self, x: &Q) -> Result<Q> {
        x.linear(|x| match &self.inverse {
            None => {
                let mut shape = x.dims().to_vec();
                shape[0] = self.count;
                Tensor::zeros(shape, x.dtype(), x.device())?.index_add(&self.targets, x, 0)
            }
            Some(inverse) => x.contiguous()?.apply_op1(Sum(inverse.clone())),
        })
    }
}

impl Inverse {
    fn new(targets: &[u32], tensor: &Tensor, count: usize) -> Result<Self> {
        let mut lists = vec![Vec::new(); count];
        for (row, &target) in targets.iter().enumerate() {
            lists[target as usize].push(row as u32);
        }
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        let mut rows = vec![NO_ROW; count * longest];
        for (target, list) in lists.iter().enumerate() {
            rows[target * longest..][..list.len()].copy_from_slice(list);
        }
        Ok(Self {
            rows: Tensor::from_slice(&rows, rows.len(), tensor.device())?,
            targets: tensor.clone(),
            longest,
        })
    }
}

/// The storage of a device's own kind.
type Native<S> = for<'a> fn(&'a Storage) -> Result<&'a S>;

fn on_cpu(storage: &Storage) -> Result<&CpuStorage> {
    match storage {
        Storage::Cpu(storage) => Ok(storage),
        _ => bail!("the index of rows is not on the CPU as the rows are"),
    }
}

fn on_cuda(storage: &Storage) -> Result<&CudaStorage> {
    match storage {
        Storage::Cuda(storage) => Ok(storage),
        _ => bail!("the index of rows is not on the GPU as the rows are"),
    }
}

/// x[index] along the first axis, contiguous.
fn select<S: BackendStorage>(
    x: &S,
    layout: &Layout,
    index: &Tensor,
    native: Native<S>,
) -> Result<(S, Vec<usize>)> {
    let (storage, of_index) = index.storage_and_layout();
    let selected = x.index_select(native(&storage)?, layout, of_index, 0)?;
    let mut shape = layout.dims().to_vec();
    shape[0] = index.elem_count();
    Ok((selected, shape))
}

/// [`Rows::pick`], whose reverse pass is [`Sum`].
struct Pick(Arc<Inverse>);

impl Pick {
    fn forward<S: BackendStorage>(
        &self,
        x: &S,
        layout: &Layout,
        native: Native<S>,
    ) -> Result<(S, Shape)> {
        let (picked, shape) = select(x, layout, &self.0.targets, native)?;
        Ok((picked, shape.into()))
    }
}

impl CustomOp1 for Pick {
    fn name(&self) -> &'static str {
        "pick-rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.forward(x, layout, on_cpu)
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        self.forward(x, layout, on_cuda)
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let sum = Sum(self.0.clone());
        dy.contiguous()?.apply_op1_no_bwd(&sum).map(Some)
    }
}

/// [`Rows::sum`], whose reverse pass is [`Pick`].
struct Sum(Arc<Inverse>);

impl Sum {
    fn forward<S: BackendStorage>(
        &self,
        x: &S,
        layout: &Layout,
        native: Native<S>,
    ) -> Result<(S, Shape)> {
        let (selected, mut shape) = select(x, layout, &self.0.rows, native)?;
        let longest = self.0.longest;
        shape[0] = self.0.rows.elem_count() / longest.max(1);
        let mut lists = shape.clone();
        lists.insert(1, longest);
        let sums = selected.reduce_op(ReduceOp::Sum, &Layout::contiguous(lists), &[1])?;
        Ok((sums, shape.into()))
    }
}

impl CustomOp1 for Sum {
    fn name(&self) -> &'static str {
        "sum-rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.forward(x, layout, on_cpu)
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        self.forward(x, layout, on_cuda)
    }

    fn bwd(&self, _x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let pick = Pick(self.0.clone());
        dy.contiguous()?.apply_op1_no_bwd(&pick).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Target 1 has no row, target 2 has three. Seen to fail with lists that are padded with row 0.
    #[test]
    fn both_ways_to_sum_rows_are_the_sum_by_hand() {
        let device = Device::Cpu;
        for sums in [Sums::InTurn, Sums::Selected] {
            let rows = Rows::new(&[2, 0, 2, 3, 2], 4, sums, &device).unwrap();
            let x = [[1.0, -1.0], [2.0, 0.5], [4.0, 0.0], [8.0, 3.0], [16.0, 7.0]];
            let x = Tensor::new(&x, &device).unwrap();
            let sum: Vec<Vec<f64>> = rows.sum(&x).unwrap().to_vec2().unwrap();
            assert_eq!(
                sum,
                [[2.0, 0.5], [0.0, 0.0], [21.0, 6.0], [8.0, 3.0]],
                "{sums:?}"
            );
            let flat = Tensor::new(&[1.0, 2.0, 4.0, 8.0, 16.0], &device).unwrap();
            let sum: Vec<f64> = rows.sum(&flat).unwrap().to_vec1().unwrap();
            assert_eq!(sum, [2.0, 0.0, 21.0, 8.0], "{sums:?}");
            let picked: Vec<f64> = rows
                .pick(&Tensor::new(&[5.0, 6.0, 7.0, 8.0], &device).unwrap())
                .unwrap()
                .to_vec1()
                .unwrap();
            assert_eq!(picked, [7.0, 5.0, 7.0, 8.0, 7.0], "{sums:?}");
        }
    }
}

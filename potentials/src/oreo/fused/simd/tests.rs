//! Every register against the portable one.

use super::*;
use half::f16;

/// What a kernel of these tests returns: one number per lane and operation.
struct AllOperations<'a> {
    a: &'a Row<f32>,
    b: &'a Row<f32>,
    halves: &'a Row<f16>,
}

impl Kernel<f32> for AllOperations<'_> {
    type Output = Vec<Row<f32>>;

    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) -> Vec<Row<f32>> {
        let mut found = rows(10);
        for v in 0..PANEL / V::LANES {
            let (a, b): (V, V) = (self.a.get(v), self.b.get(v));
            let values = [
                a + b,
                a - b,
                a * b,
                a / b,
                a.mul_add(b, a),
                (a * a).sqrt(),
                a.exp(),
                silu(a),
                silu_with_slope(a).1,
                V::splat(1.0).mul_add_constant(f16::get::<V>(self.halves, v), V::zero()),
            ];
            for (row, value) in found.iter_mut().zip(values) {
                row.set(v, value);
            }
        }
        found
    }
}

fn operands() -> (Row<f32>, Row<f32>, Row<f16>) {
    let a = std::array::from_fn(|n| (n as f32 - 15.5) * 1.37);
    let b = std::array::from_fn(|n| 0.1 + 0.3 * (n as f32).sin().abs());
    (Row(a), Row(b), Row(a.map(f16::from_f32)))
}

/// Seen to fail with unpackhi for unpacklo in a load, and with a coefficient of the exponential changed in its 5th digit.
#[test]
fn every_instruction_set_computes_what_the_portable_one_does() {
    let (a, b, halves) = operands();
    let run = |set: InstructionSet| {
        set.dispatch(AllOperations {
            a: &a,
            b: &b,
            halves: &halves,
        })
    };
    let expected = run(InstructionSet::Portable);
    for set in InstructionSet::available() {
        for (operation, (found, expected)) in run(set).iter().zip(&expected).enumerate() {
            for (x, y) in found.0.iter().zip(&expected.0) {
                let close = (x - y).abs() <= 3e-7 * y.abs().max(1e-3);
                assert!(close, "{}, operation {operation}: {x} {y}", set.name());
            }
        }
    }
}

struct Sums<'a, T>([&'a Row<T>; 4]);

impl<T: Real> Kernel<T> for Sums<'_, T> {
    type Output = [f64; 4];

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) -> [f64; 4] {
        let mut total = [0.0; 4];
        for v in 0..PANEL / V::LANES {
            let sums = V::sums(self.0.map(|row| row.get::<V>(v)));
            (0..4).for_each(|n| total[n] += sums[n].to_f64());
        }
        total
    }
}

/// Small whole numbers: exact in any order. Catches two sums that change places.
#[test]
fn four_registers_are_summed_in_their_order() {
    fn of<T: Real>() {
        let rows: [Row<T>; 4] = std::array::from_fn(|r| {
            Row(std::array::from_fn(|n| {
                T::from_f64((n * n % 7 + 10 * r) as f64)
            }))
        });
        let expected: [f64; 4] =
            std::array::from_fn(|r| rows[r].0.iter().map(|x| x.to_f64()).sum());
        for set in InstructionSet::available() {
            assert_eq!(
                set.dispatch(Sums(std::array::from_fn(|r| &rows[r]))),
                expected
            );
        }
    }
    of::<f32>();
    of::<f64>();
}

struct Extremes;

impl Kernel<f32> for Extremes {
    type Output = [f32; 4];

    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) -> [f32; 4] {
        [f32::NAN, 1e4, -1e4, 0.0].map(|x| V::sums([silu(V::splat(x)); 4])[0] / V::LANES as f32)
    }
}

/// A NaN that became a number would hide a broken position.
#[test]
fn silu_is_right_at_its_ends_and_passes_nan_on() {
    for set in InstructionSet::available() {
        let [nan, large, small, zero] = set.dispatch(Extremes);
        assert!(nan.is_nan(), "{}", set.name());
        assert_eq!((large, zero), (1e4, 0.0), "{}", set.name());
        assert!(small.abs() < 1e-30, "{}: {small}", set.name());
    }
}

#[test]
fn the_peak_is_a_plausible_number() {
    for set in InstructionSet::available() {
        let peak = peak_flops(set);
        assert!((1e8..1e13).contains(&peak), "{}: {peak}", set.name());
    }
}

/// Takes dual numbers apart, doubles the values, and puts them together again.
struct TakeApart<'a> {
    numbers: &'a mut Row<Dual<f32>>,
}

impl Kernel<f32> for TakeApart<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) {
        for v in 0..PANEL / V::LANES {
            let some = &mut self.numbers.0[v * V::LANES..(v + 1) * V::LANES];
            let [value, tangent] = V::unzip(some);
            V::zip([value + value, tangent], some);
        }
    }
}

/// Seen to fail with the middle quarters of AVX2 left in their places.
#[test]
fn dual_numbers_are_taken_apart_and_put_together() {
    for set in InstructionSet::available() {
        let number = |n: usize| Dual {
            value: n as f32,
            tangent: 100.0 + n as f32,
        };
        let mut numbers = Row(std::array::from_fn(number));
        set.dispatch(TakeApart {
            numbers: &mut numbers,
        });
        for (n, found) in numbers.0.iter().enumerate() {
            assert_eq!(
                (found.value, found.tangent),
                (2.0 * n as f32, 100.0 + n as f32)
            );
        }
    }
}

/// f(x) = √(e^(x y) / (x + 3)) with y = 2 x − 1 moving along, against differences.
#[test]
fn dual_numbers_differentiate() {
    let f = |x: f64| ((x * (2.0 * x - 1.0)).exp() / (x + 3.0)).sqrt();
    for x in [-0.7, 0.0, 0.4, 1.3] {
        let dual = |value, tangent| Dual::<f64>::new(value, tangent);
        let (at, y) = (dual(x, 1.0), dual(2.0 * x - 1.0, 2.0));
        let found = ((at * y).exp() / (at + dual(3.0, 0.0))).sqrt();
        let slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6;
        assert!((found.value - f(x)).abs() < 1e-14, "{x}");
        assert!(
            (found.tangent - slope).abs() < 1e-8,
            "{x}: {} {slope}",
            found.tangent
        );
    }
    assert_eq!(Dual::<f64>::new(0.0, 0.0).sqrt(), Dual::new(0.0, 0.0));
}
